//! The reference's published table: the 72 rows that this project re-implements, and a float64 re-run of
//! each.
//!
//! The reference is a program for NumPy. Its rows mix two conventions, which running all of them again in
//! float64 brought to light ([`Set::step`], [`Set::scale`], [`Set::loss_images`]): MNIST steps by the sum of
//! a batch's gradients on pixels / 255, CIFAR-10 by their mean on raw pixels; LOSS is −E(test), the L2 term
//! included, over 60,000 there and over 10,000 here. PREC is the accuracy in whole per cent.

use crate::math::Activation::{self, Cos, Softplus, Tanh};
use crate::train::{Config, Step};

/// The two halves of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Rows on MNIST.
    Mnist,
    /// Rows on CIFAR-10.
    Cifar10,
}

/// One row. BS is 100 and EP is 20 in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// AF.
    pub activation: Activation,
    /// HU.
    pub hidden: usize,
    /// LR.
    pub lr: f64,
    /// The L2 coefficient.
    pub lambda: f64,
    /// FAULTS among 10,000 test images, as published.
    pub faults: u32,
    /// LOSS, as published.
    pub loss: f64,
    /// FAULTS of the float64 re-run, three seeds.
    pub rerun_faults: [u32; 3],
    /// LOSS of the float64 re-run, their mean.
    pub rerun_loss: f64,
}

/// BS of all rows.
pub const BATCH: usize = 100;

/// EP of all rows.
pub const EPOCHS: u32 = 20;

/// The test images of either set.
pub const IMAGES: u32 = 10_000;

impl Set {
    /// The set that data of this name ([`Kind::name`](crate::data::Kind::name)) are.
    pub fn from_name(dataset: &str) -> Option<Self> {
        [Self::Mnist, Self::Cifar10].into_iter().find(|set| set.name() == dataset)
    }

    /// `mnist` or `cifar10`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Cifar10 => "cifar10",
        }
    }

    /// Its 36 rows, in the published order.
    pub fn rows(self) -> &'static [Row] {
        match self {
            Self::Mnist => &MNIST,
            Self::Cifar10 => &CIFAR10,
        }
    }

    /// How its rows step.
    pub fn step(self) -> Step {
        match self {
            Self::Mnist => Step::Sum,
            Self::Cifar10 => Step::Mean,
        }
    }

    /// What its rows divide pixels by.
    pub fn scale(self) -> f32 {
        match self {
            Self::Mnist => 255.0,
            Self::Cifar10 => 1.0,
        }
    }

    /// What its LOSS divides −E(test) by: MNIST's training images, CIFAR-10's test images.
    pub fn loss_images(self) -> u32 {
        match self {
            Self::Mnist => 60_000,
            Self::Cifar10 => 10_000,
        }
    }

    /// The index of the row that `config` repeats, with any seed.
    pub fn find(self, config: &Config) -> Option<usize> {
        let conventions = (BATCH, EPOCHS, self.step(), self.scale());
        if (config.batch, config.epochs, config.step, config.scale) != conventions {
            return None;
        }
        let wanted = (config.activation, config.hidden, config.lr, config.lambda);
        self.rows().iter().position(|row| (row.activation, row.hidden, row.lr, row.lambda) == wanted)
    }
}

const fn row(
    activation: Activation,
    (hidden, lr, lambda): (usize, f64, f64),
    (faults, loss): (u32, f64),
    (rerun_faults, rerun_loss): ([u32; 3], f64),
) -> Row {
    Row { activation, hidden, lr, lambda, faults, loss, rerun_faults, rerun_loss }
}

#[rustfmt::skip]
static MNIST: [Row; 36] = [
    row(Softplus, (100, 0.01, 0.01), (378, 0.02149685182986415), ([374, 345, 380], 0.02034)),
    row(Softplus, (100, 0.01, 0.1), (540, 0.031112164568384643), ([449, 369, 471], 0.02421)),
    row(Softplus, (200, 0.01, 0.01), (345, 0.02010577089877303), ([442, 381, 340], 0.02196)),
    row(Softplus, (200, 0.01, 0.1), (377, 0.02107684635067297), ([481, 390, 497], 0.02521)),
    row(Softplus, (300, 0.01, 0.01), (383, 0.02087031117874914), ([436, 368, 410], 0.02269)),
    row(Softplus, (300, 0.01, 0.1), (515, 0.027826618969941104), ([476, 433, 396], 0.02429)),
    row(Softplus, (100, 0.001, 0.01), (304, 0.016491149050940134), ([303, 301, 309], 0.01678)),
    row(Softplus, (100, 0.001, 0.1), (372, 0.022081386588496236), ([371, 351, 361], 0.02158)),
    row(Softplus, (200, 0.001, 0.01), (324, 0.017615595926705776), ([316, 293, 325], 0.01711)),
    row(Softplus, (200, 0.001, 0.1), (377, 0.02232538074135994), ([392, 380, 370], 0.02203)),
    row(Softplus, (300, 0.001, 0.01), (308, 0.016828738665526016), ([310, 326, 322], 0.01738)),
    row(Softplus, (300, 0.001, 0.1), (379, 0.022502911867688623), ([397, 355, 383], 0.02235)),
    row(Tanh, (100, 0.01, 0.01), (325, 0.01820067131758669), ([306, 306, 327], 0.0172)),
    row(Tanh, (100, 0.01, 0.1), (321, 0.01896547191812773), ([377, 292, 347], 0.01938)),
    row(Tanh, (200, 0.01, 0.01), (257, 0.013429537770700719), ([373, 209, 292], 0.01667)),
    row(Tanh, (200, 0.01, 0.1), (400, 0.0232498281875079), ([360, 333, 319], 0.01898)),
    row(Tanh, (300, 0.01, 0.01), (267, 0.016775390518990345), ([253, 206, 300], 0.01571)),
    row(Tanh, (300, 0.01, 0.1), (293, 0.016480225876886644), ([342, 296, 312], 0.018)),
    row(Tanh, (100, 0.001, 0.01), (272, 0.014720182423101883), ([271, 266, 275], 0.01511)),
    row(Tanh, (100, 0.001, 0.1), (316, 0.019313561936769204), ([335, 312, 322], 0.01898)),
    row(Tanh, (200, 0.001, 0.01), (244, 0.01359806941339456), ([246, 243, 248], 0.01364)),
    row(Tanh, (200, 0.001, 0.1), (303, 0.01840430378396086), ([304, 307, 321], 0.01834)),
    row(Tanh, (300, 0.001, 0.01), (256, 0.014234313437799928), ([250, 253, 247], 0.01391)),
    row(Tanh, (300, 0.001, 0.1), (314, 0.018889408149553737), ([324, 316, 307], 0.01861)),
    row(Cos, (100, 0.01, 0.01), (205, 0.011340870757118603), ([4984, 4955, 5674], 0.2734)),
    row(Cos, (100, 0.01, 0.1), (3757, 0.22384539759551028), ([2416, 227, 3553], 0.119)),
    row(Cos, (200, 0.01, 0.01), (5345, 0.29445392721857533), ([234, 220, 4777], 0.095)),
    row(Cos, (200, 0.01, 0.1), (298, 0.015434613635408113), ([293, 240, 349], 0.01588)),
    row(Cos, (300, 0.01, 0.01), (214, 0.011855030973231167), ([3255, 213, 251], 0.06911)),
    row(Cos, (300, 0.01, 0.1), (302, 0.01646245666537611), ([326, 232, 400], 0.01722)),
    row(Cos, (100, 0.001, 0.01), (253, 0.013644357232055943), ([238, 234, 253], 0.01275)),
    row(Cos, (100, 0.001, 0.1), (263, 0.014520447048403612), ([257, 264, 244], 0.01455)),
    row(Cos, (200, 0.001, 0.01), (223, 0.012138622641523043), ([229, 233, 227], 0.01201)),
    row(Cos, (200, 0.001, 0.1), (242, 0.01396964505543445), ([250, 237, 263], 0.01403)),
    row(Cos, (300, 0.001, 0.01), (230, 0.011972733362605993), ([227, 234, 227], 0.01229)),
    row(Cos, (300, 0.001, 0.1), (245, 0.014245294784819378), ([245, 235, 259], 0.01416)),
];

#[rustfmt::skip]
static CIFAR10: [Row; 36] = [
    row(Softplus, (100, 0.01, 0.01), (9000, 2.3038683811798712), ([9000, 9000, 9000], 2.31074)),
    row(Softplus, (100, 0.01, 0.1), (9002, 2.3229845684909867), ([9000, 8997, 9000], 2.704)),
    row(Softplus, (200, 0.01, 0.01), (8998, 2.3553855345876533), ([8999, 8999, 8998], 2.34554)),
    row(Softplus, (200, 0.01, 0.1), (8986, 2.32908707129719), ([8999, 9001, 9001], 2.49092)),
    row(Softplus, (300, 0.01, 0.01), (8995, 2.306149856926362), ([8997, 8999, 8999], 2.31891)),
    row(Softplus, (300, 0.01, 0.1), (8995, 2.443158912198355), ([8998, 9001, 8981], 2.61649)),
    row(Softplus, (100, 0.001, 0.01), (6326, 1.7422330696635082), ([5988, 6138, 6006], 1.731)),
    row(Softplus, (100, 0.001, 0.1), (6762, 1.9955945223591574), ([5958, 6018, 6075], 1.71518)),
    row(Softplus, (200, 0.001, 0.01), (5985, 1.7438636868219215), ([5758, 6039, 5767], 1.69386)),
    row(Softplus, (200, 0.001, 0.1), (5885, 1.6988855041373896), ([5807, 5850, 5953], 1.69148)),
    row(Softplus, (300, 0.001, 0.01), (5760, 1.7047928168191058), ([5725, 5920, 5850], 1.72127)),
    row(Softplus, (300, 0.001, 0.1), (5957, 1.7657227543528236), ([5762, 5974, 5662], 1.7094)),
    row(Tanh, (100, 0.01, 0.01), (8160, 2.181416685391237), ([8420, 8472, 8100], 2.21278)),
    row(Tanh, (100, 0.01, 0.1), (8313, 2.193307796701587), ([8107, 8448, 8338], 2.20079)),
    row(Tanh, (200, 0.01, 0.01), (7948, 2.131880048498961), ([8518, 8103, 8149], 2.18883)),
    row(Tanh, (200, 0.01, 0.1), (8260, 2.1556289660404984), ([8321, 8499, 8355], 2.21457)),
    row(Tanh, (300, 0.01, 0.01), (8289, 2.1849639153444693), ([8291, 8584, 8266], 2.19444)),
    row(Tanh, (300, 0.01, 0.1), (8180, 2.1605514304543436), ([8140, 8102, 8384], 2.14758)),
    row(Tanh, (100, 0.001, 0.01), (6754, 1.8987871847431514), ([6676, 6786, 6762], 1.90228)),
    row(Tanh, (100, 0.001, 0.1), (6756, 1.8981105661865498), ([6642, 6796, 6704], 1.89652)),
    row(Tanh, (200, 0.001, 0.01), (6464, 1.854078276512081), ([6529, 6531, 6573], 1.8688)),
    row(Tanh, (200, 0.001, 0.1), (6653, 1.8829083453455384), ([6627, 6524, 6559], 1.87573)),
    row(Tanh, (300, 0.001, 0.01), (6549, 1.8543519119618401), ([6474, 6485, 6443], 1.84763)),
    row(Tanh, (300, 0.001, 0.1), (6451, 1.844935124576075), ([6536, 6497, 6535], 1.87329)),
    row(Cos, (100, 0.01, 0.01), (8960, 2.3039603145835903), ([8989, 9014, 9004], 2.30423)),
    row(Cos, (100, 0.01, 0.1), (8988, 2.309775191952948), ([8979, 9027, 9070], 2.30937)),
    row(Cos, (200, 0.01, 0.01), (9033, 2.3069022195503783), ([8953, 8979, 9037], 2.30616)),
    row(Cos, (200, 0.01, 0.1), (9032, 2.317701944842611), ([8959, 8966, 9016], 2.31631)),
    row(Cos, (300, 0.01, 0.01), (9029, 2.3095460349692725), ([8976, 8966, 8974], 2.30711)),
    row(Cos, (300, 0.01, 0.1), (9027, 2.32414912780646), ([9001, 9033, 9002], 2.3239)),
    row(Cos, (100, 0.001, 0.01), (9030, 2.3029724487331773), ([9023, 9014, 9021], 2.30276)),
    row(Cos, (100, 0.001, 0.1), (9031, 2.3037930272517815), ([8955, 8973, 9022], 2.30372)),
    row(Cos, (200, 0.001, 0.01), (9014, 2.303085848678615), ([9012, 9021, 8984], 2.30296)),
    row(Cos, (200, 0.001, 0.1), (8957, 2.304321870843905), ([8999, 9047, 9004], 2.30485)),
    row(Cos, (300, 0.001, 0.01), (8964, 2.3033489294669782), ([9022, 9007, 8969], 2.30309)),
    row(Cos, (300, 0.001, 0.1), (9000, 2.3056789012113845), ([8961, 9005, 9027], 2.30579)),
];
