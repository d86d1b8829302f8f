//! Reads a show file and what it names from disk: plates, look-up tables, slates. All I/O of configuration is here.

use anyhow::{Context, anyhow};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vitrine_media::Secret;
use vitrine_scene::file::{self, Problem, SecretRef, ShowFile};
use vitrine_scene::grade::{Lut3, Plate};
use vitrine_scene::model::{Assets, Show};

/// Largest asset that is read, in bytes: a 4K PNG is a tenth of this.
const ASSET_BYTES_MAX: u64 = 64 << 20;

/// A show file and all that it needs, in memory.
pub struct Loaded {
    /// The file as read.
    pub file: Arc<ShowFile>,
    /// The show, ready to be planned.
    pub show: Arc<Show>,
    /// The folder that paths in the file are relative to.
    pub dir: PathBuf,
    /// Image files of products, by SKU.
    pub product_images: HashMap<String, Arc<[u8]>>,
}

/// Why a show file was not taken.
#[derive(Debug)]
pub enum LoadError {
    /// It can't be read at all.
    Unreadable(anyhow::Error),
    /// It has problems, each with its place and cure.
    Problems(Vec<Problem>),
}

impl LoadError {
    /// Every problem as lines for people.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Unreadable(why) => vec![format!("{why:#}")],
            Self::Problems(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Reads the show file at `path`. `before` is the show that it replaces, if one is on air.
pub fn load(path: &Path, before: Option<&Show>) -> Result<Loaded, LoadError> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("can't read the show file {}", path.display()))
        .map_err(LoadError::Unreadable)?;
    let name = path.display().to_string();
    let file = file::parse(&text, &name).map_err(LoadError::Problems)?;
    let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let problems = missing_files(&file, &dir, &name, &text);
    if !problems.is_empty() {
        return Err(LoadError::Problems(problems));
    }
    let assets = DiskAssets::read(&file, &dir).map_err(LoadError::Unreadable)?;
    let show = Arc::new(Show::new(&file, &assets, before));
    let product_images = product_images(&file, &dir).map_err(LoadError::Unreadable)?;
    Ok(Loaded { file: Arc::new(file), show, dir, product_images })
}

fn product_images(file: &ShowFile, dir: &Path) -> anyhow::Result<HashMap<String, Arc<[u8]>>> {
    let mut images = HashMap::new();
    for product in &file.products {
        let variants =
            product.variants.iter().map(|variant| (&variant.sku, variant.image.as_ref().or(product.image.as_ref())));
        for (sku, image) in variants.chain([(&product.sku, product.image.as_ref())]) {
            if let Some(image) = image {
                images.insert(sku.clone(), read_asset(&resolve(dir, image))?.into());
            }
        }
    }
    Ok(images)
}

/// A path of the show file, seen from the file's own folder.
pub fn resolve(dir: &Path, path: &str) -> PathBuf {
    let path = Path::new(path);
    if path.is_absolute() { path.to_path_buf() } else { dir.join(path) }
}

/// Every still that the file names and the disk lacks, at its line.
fn missing_files(file: &ShowFile, dir: &Path, name: &str, text: &str) -> Vec<Problem> {
    let mut paths: Vec<&str> = Vec::new();
    for (_, input) in &file.inputs.0 {
        if let file::Source::Image(image) = &input.source {
            paths.push(&image.path);
        }
        paths.extend(input.lost.slate.as_deref());
        paths.extend(input.key.as_ref().and_then(|key| key.clean_plate.as_deref()));
        paths.extend(input.color.as_ref().and_then(|color| color.lut.as_deref()));
    }
    paths.extend(file.catalogue.as_deref());
    paths.extend(file.products.iter().filter_map(|product| product.image.as_deref()));
    paths.sort_unstable();
    paths.dedup();
    let missing = paths.into_iter().filter(|path| !resolve(dir, path).is_file());
    missing.map(|path| missing_file(path, dir, name, text)).collect()
}

fn missing_file(path: &str, dir: &Path, name: &str, text: &str) -> Problem {
    let quoted = format!("\"{path}\"");
    let place = text.lines().enumerate().find_map(|(n, line)| line.find(&quoted).map(|at| (n, line, at)));
    let (line, column) =
        place.map_or((1, 1), |(n, line, at)| (n + 1, line.get(..at).map_or(1, |before| before.chars().count() + 1)));
    Problem {
        file: name.to_owned(),
        line,
        column,
        what: format!("there is no file {}", resolve(dir, path).display()),
        help: "paths are relative to the show file; put the file there or correct the path".to_owned(),
        code: "FILE_MISSING",
    }
}

/// Reads an asset whole.
///
/// # Errors
/// When it can't be read or is larger than 64 MiB.
pub fn read_asset(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("can't read {}", path.display()))?.len();
    if size > ASSET_BYTES_MAX {
        return Err(anyhow!("{} has {size} bytes; use a file of at most {ASSET_BYTES_MAX}", path.display()));
    }
    std::fs::read(path).with_context(|| format!("can't read {}", path.display()))
}

#[derive(Default)]
struct DiskAssets {
    plates: HashMap<String, Arc<Plate>>,
    luts: HashMap<String, Arc<Lut3>>,
}

impl DiskAssets {
    fn read(file: &ShowFile, dir: &Path) -> anyhow::Result<Self> {
        let mut assets = Self::default();
        for (id, input) in &file.inputs.0 {
            if let Some(path) = input.key.as_ref().and_then(|key| key.clean_plate.as_ref()) {
                let plate = read_plate(&resolve(dir, path)).with_context(|| format!("clean plate of input {id}"))?;
                assets.plates.insert(path.clone(), Arc::new(plate));
            }
            if let Some(path) = input.color.as_ref().and_then(|color| color.lut.as_ref()) {
                let text = String::from_utf8(read_asset(&resolve(dir, path))?)
                    .with_context(|| format!("{path}: a .cube file is text"))?;
                let lut = Lut3::parse(&text).with_context(|| format!("{path}, the look-up table of input {id}"))?;
                assets.luts.insert(path.clone(), Arc::new(lut));
            }
        }
        Ok(assets)
    }
}

fn read_plate(path: &Path) -> anyhow::Result<Plate> {
    let picture = image::load_from_memory(&read_asset(path)?)
        .with_context(|| format!("{} is neither PNG nor JPEG", path.display()))?
        .to_rgba8();
    Ok(Plate { width: picture.width(), height: picture.height(), rgba: picture.into_raw() })
}

impl Assets for DiskAssets {
    fn plate(&self, path: &str) -> Option<Arc<Plate>> {
        self.plates.get(path).cloned()
    }

    fn lut(&self, path: &str) -> Option<Arc<Lut3>> {
        self.luts.get(path).cloned()
    }
}

/// Fetches a secret from where the show file says it is.
///
/// # Errors
/// When it isn't there; the text names the place, never the secret.
pub fn secret(reference: &SecretRef, dir: &Path) -> anyhow::Result<Secret> {
    let value = match reference {
        SecretRef::Env(name) => std::env::var(&name.0)
            .map_err(|_| anyhow!("the environment variable {} is not set; set it before the show starts", name.0))?,
        SecretRef::File(path) => {
            let path = resolve(dir, &path.0);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("can't read the secret in {}", path.display()))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
    };
    let value = value.trim().to_owned();
    if value.is_empty() { Err(anyhow!("the secret {reference:?} is empty")) } else { Ok(Secret::new(value)) }
}
