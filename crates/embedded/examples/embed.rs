//! Opens `./data`, registers somebody, logs him in and lists the accounts.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use users_embedded::domain::Error;
use users_embedded::domain::model::UserQuery;
use users_embedded::{SignUp, Users};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let users = Users::open("./data").await?;
    let ada = SignUp {
        first_name: "Ada",
        last_name: "Lovelace",
        username: "ada",
        email: "ada@example.com",
        password: "changeMe123",
    };
    match users.register(ada).await {
        Ok(user) => println!("registered {} as {}", ada.username, user.id),
        Err(Error::Conflict { field }) => println!("this {} is registered already", field.as_str()),
        Err(error) => return Err(error.into()),
    }
    let tokens = users.log_in(ada.email, ada.password).await?;
    println!(
        "logged in with a token of {} characters",
        tokens.access.expose().len()
    );
    let page = users.list(&UserQuery::default()).await?;
    println!("{} accounts:", page.total);
    for user in page.items {
        println!("  {}  {}", user.id, user.email.as_str());
    }
    users.close().await;
    Ok(())
}
