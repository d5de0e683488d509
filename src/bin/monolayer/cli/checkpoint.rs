//! The file that `--checkpoint` names.

use std::path::{Path, PathBuf};

use super::console::{message, printable};
use super::error::{Error, hint};
use super::{Given, Opt, inputs};
use monolayer::store::{self, Output};
use monolayer::train::checkpoint::{self, MOST_BYTES};
use monolayer::train::{self, Config, State};

/// Where a run is saved after each epoch.
pub struct CheckpointFile {
    path: PathBuf,
    resume: bool,
}

impl CheckpointFile {
    /// The checkpoint that the options name, after a check that it can be written.
    ///
    /// # Errors
    /// It cannot be written, or is there already without a word on what to do with it.
    pub fn given(given: &Given) -> Result<Option<Self>, Error> {
        let (resume, restart) = (given.has(Opt::Resume), given.has(Opt::Restart));
        if resume && restart {
            let text = "--resume goes on with the checkpoint, --restart overwrites it; give one of them";
            return Err(Error::Usage(text.into()));
        }
        let Some(path) = given.path(Opt::Checkpoint) else { return Ok(None) };
        if path == "-" {
            return Err(store::Error::not_a_file(path).into());
        }
        Output::create(Path::new(path))?;
        if !resume && !restart && store::is_there(Path::new(path)) {
            return Err(Error::of_file(
                &inputs::name_of(path),
                "a checkpoint is there already, and training would overwrite it\n\
                 give --resume to go on with it, --restart to begin anew, or another --checkpoint",
            ));
        }
        Ok(Some(Self { path: path.into(), resume }))
    }

    fn name(&self) -> String {
        store::name_of(&self.path)
    }

    /// The state to go on from, if the run is to be resumed. A file that is not there yet is no error: the
    /// run was ended before its first epoch was.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or is another run's.
    pub fn read(
        &self,
        identity: &str,
        config: &Config,
        sizes: (usize, usize),
    ) -> Result<Option<State>, Error> {
        if !self.resume {
            return Ok(None);
        }
        let bytes = match store::read(&self.path, MOST_BYTES) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                message(&format!(
                    "monolayer: note: {}: not there yet; training begins at the start\n",
                    printable(&self.name())
                ));
                return Ok(None);
            }
            bytes => bytes?,
        };
        // Fewer units or smaller batches, say, would be another run.
        let hint =
            |error: &_| if matches!(error, train::Error::OtherRun(_)) { hint(error) } else { "".into() };
        let wrong = |error| Error::of_file(&self.name(), format_args!("{error}{}", hint(&error)));
        checkpoint::decode(&bytes, identity, config, sizes).map(Some).map_err(wrong)
    }

    /// Replaces the last state by this one.
    ///
    /// # Errors
    /// It cannot be written; the last one is still there.
    pub fn write(&self, state: &State, identity: &str) -> Result<(), Error> {
        let bytes = checkpoint::encode(state, identity)?;
        Ok(Output::create(&self.path)?.commit(&bytes)?)
    }
}
