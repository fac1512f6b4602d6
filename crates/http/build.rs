//! Takes the two files that the page at `/docs` loads out of the archive of Swagger UI, and packs
//! them: the binary carries a tenth of what the whole would weigh.

use std::error::Error;
use std::fs::File;
use std::io::{self, Cursor};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

#[expect(
    clippy::disallowed_methods,
    reason = "this is how cargo says where to write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for name in FILES {
        // The folder at the top is named after the version.
        let path = format!("/dist/{name}");
        let found = archive.file_names().find_map(|name| {
            let name = name.ok()?.into_owned();
            name.ends_with(&path).then_some(name)
        });
        let found = found.ok_or_else(|| format!("Swagger UI has no {path}"))?;
        let mut file = archive.by_name(&found)?;
        let packed = File::create(Path::new(&folder).join(format!("{name}.gz")))?;
        // No name and no time: the same bytes at every build.
        let mut packed = GzBuilder::new().write(packed, Compression::best());
        io::copy(&mut file, &mut packed)?;
        packed.finish()?;
    }
    Ok(())
}
