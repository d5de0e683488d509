//! `train --summary`: sizes and costs of the layers.

use super::console::grouped;
use super::words::Words;
use monolayer::json::{Json, Object};
use monolayer::train::Config;

/// A layer's sizes.
struct Layer {
    name: &'static str,
    inputs: u64,
    outputs: u64,
}

impl Layer {
    fn parameters(&self) -> u64 {
        (self.inputs + 1) * self.outputs
    }

    /// For one image, forward; biases take additions only.
    fn multiply_adds(&self) -> u64 {
        self.inputs * self.outputs
    }
}

fn layers(config: &Config, features: u64, classes: u64) -> [Layer; 2] {
    let hidden = config.hidden as u64;
    [
        Layer { name: "hidden", inputs: features, outputs: hidden },
        Layer { name: "output", inputs: hidden, outputs: classes },
    ]
}

/// The table for people: D `features`, K `classes`.
pub fn text(config: &Config, features: u64, classes: u64, words: Words) -> String {
    let mut out =
        "layer   function   inputs   outputs    parameters         bytes  multiply-adds\n".to_string();
    let layers = layers(config, features, classes);
    for layer in &layers {
        let function = if layer.name == "hidden" { config.activation.name() } else { "softmax" };
        out += &format!(
            "{:7} {function:9} {:>7} {:>9} {}",
            layer.name,
            grouped(layer.inputs),
            grouped(layer.outputs),
            counts(layer.parameters(), layer.multiply_adds())
        );
    }
    let sum = |of: fn(&Layer) -> u64| layers.iter().map(of).sum();
    out += &format!("{:35} {}", "both", counts(sum(Layer::parameters), sum(Layer::multiply_adds)));
    let sample = words.sample;
    out + &format!(
        "(parameters with the biases, as f32; multiply-adds for {sample}, forward, zeros not skipped)\n"
    )
}

fn counts(parameters: u64, multiply_adds: u64) -> String {
    format!("{:>13} {:>13} {:>14}\n", grouped(parameters), grouped(parameters * 4), grouped(multiply_adds))
}

/// The same for programs.
pub fn json(config: &Config, features: u64, classes: u64) -> Object {
    let layer = |layer: Layer| {
        Object::new()
            .with("name", layer.name)
            .with("inputs", layer.inputs)
            .with("outputs", layer.outputs)
            .with("parameters", layer.parameters())
            .with("bytes", layer.parameters() * 4)
            .with("multiply_adds", layer.multiply_adds())
    };
    Object::new().with("layers", layers(config, features, classes).map(layer).into_iter().collect::<Json>())
}
