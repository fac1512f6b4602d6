//! The README's commands, pasted as they stand.

use std::process::Command;

use serde_json::{Value, json};

use super::program::{ADMIN_PASSWORD, Home, Program, folder, on_each_store, registration};

on_each_store! {
    the_documented_commands_give_the_documented_answers,
    both_spellings_of_the_login_body_and_names_for_enums_serve_the_platforms_clients,
}

const README: &str = include_str!("../../../../README.md");

/// The `curl` commands of the README, in order.
fn documented_commands() -> Vec<String> {
    let mut commands = Vec::new();
    for block in README
        .split("```bash\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
    {
        if block.starts_with("curl") {
            // A command ends where a line does not end in a backslash.
            let mut command = String::new();
            for line in block.lines() {
                command.push_str(line);
                command.push('\n');
                if !line.ends_with('\\') {
                    commands.push(std::mem::take(&mut command));
                }
            }
        }
    }
    commands
}

struct Pasted {
    status: u16,
    headers: String,
    body: Value,
    text: String,
}

fn paste(program: &Program, command: &str, variables: &[(&str, &str)]) -> Pasted {
    let command = command
        .replace("http://localhost:9002", &program.address)
        .replacen("curl", "curl --silent --show-error --include", 1);
    let output = Command::new("bash")
        .arg("-c")
        .arg(&command)
        .envs(variables.iter().copied())
        .output()
        .expect("bash and curl are installed");
    assert!(
        output.status.success(),
        "{command}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let (headers, text) = text
        .split_once("\r\n\r\n")
        .expect("a blank line after the headers");
    Pasted {
        status: headers.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.to_lowercase(),
        body: serde_json::from_str(text).unwrap_or(Value::Null),
        text: text.to_owned(),
    }
}

fn is_recent_time(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.starts_with("20") && text.ends_with('Z'))
}

fn the_documented_commands_give_the_documented_answers(home: &Home) {
    let program = home.start();
    let commands = documented_commands();
    let [
        register,
        log_in,
        profile,
        send_verification,
        update,
        refresh,
        list,
        request_reset,
        health,
        metrics,
    ] = commands.as_slice()
    else {
        panic!("the tour changed: {commands:#?}");
    };

    let registered = paste(&program, register, &[]);
    assert_eq!(registered.status, 201, "{}", registered.text);
    let id = registered.body["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36);
    assert!(
        registered
            .headers
            .contains(&format!("location: /users/{id}"))
    );
    assert!(
        registered
            .headers
            .contains("content-type: application/json")
    );
    assert!(registered.headers.contains("x-request-id: "));
    assert!(is_recent_time(&registered.body["created_at"]));
    assert_eq!(
        registered.body,
        json!({
            "id": id,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "tags": ["iot", "beta"],
            "metadata": { "team": "core" },
            "status": 0,
            "role": 0,
            "credentials": { "username": "ada" },
            "email": "ada@example.com",
            "created_at": registered.body["created_at"],
        })
    );

    let by_email = paste(&program, log_in, &[]);
    assert_eq!(by_email.status, 201, "{}", by_email.text);
    let members: Vec<_> = by_email.body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access_token", "access_type", "refresh_token"]);
    assert_eq!(by_email.body["access_type"], "Bearer");
    assert!(by_email.headers.contains("cache-control: no-store"));
    let by_username = paste(&program, &log_in.replace("ada@example.com", "ada"), &[]);
    assert_eq!(by_username.status, 201, "{}", by_username.text);
    let access = by_username.body["access_token"].as_str().unwrap();
    let refresh_token = by_username.body["refresh_token"].as_str().unwrap();

    let seen = paste(&program, profile, &[("ACCESS_TOKEN", access)]);
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!(seen.body, registered.body);

    let asked = paste(&program, send_verification, &[("ACCESS_TOKEN", access)]);
    assert_eq!(asked.status, 200, "{}", asked.text);
    let link = program.mailed_link("verification", "ada@example.com");
    assert_eq!(
        link.split_once('?').unwrap().0,
        program.url("/verify-email")
    );
    program.follow(&link).expect(200);

    let updated = paste(
        &program,
        update,
        &[("ACCESS_TOKEN", access), ("USER_ID", &id)],
    );
    assert_eq!(updated.status, 200, "{}", updated.text);
    assert!(updated.headers.contains("etag: \""), "{}", updated.headers);
    for time in ["verified_at", "updated_at"] {
        assert!(is_recent_time(&updated.body[time]), "{time}");
    }
    assert_eq!(
        updated.body,
        json!({
            "id": id,
            "first_name": "Ada",
            "last_name": "Byron",
            "tags": ["edge", "beta"],
            "metadata": { "team": "edge" },
            "status": 0,
            "role": 0,
            "credentials": { "username": "ada" },
            "email": "ada@example.com",
            "created_at": registered.body["created_at"],
            "updated_at": updated.body["updated_at"],
            "updated_by": id,
            "verified_at": updated.body["verified_at"],
        })
    );

    let refreshed = paste(&program, refresh, &[("REFRESH_TOKEN", refresh_token)]);
    assert_eq!(refreshed.status, 201, "{}", refreshed.text);
    let next = refreshed.body["access_token"].as_str().unwrap();
    assert_eq!(
        paste(&program, profile, &[("ACCESS_TOKEN", next)]).status,
        200
    );

    let admin = program.log_in("admin@example.com", ADMIN_PASSWORD).0;
    let listed = paste(&program, list, &[("ACCESS_TOKEN", &admin)]);
    assert_eq!(listed.status, 200, "{}", listed.text);
    assert_eq!(listed.body["total"], 2);
    assert_eq!(listed.body["offset"], 0);
    assert_eq!(listed.body["limit"], 5);
    // Newest first: dir=desc.
    assert_eq!(listed.body["users"][0]["id"], id.as_str());
    assert_eq!(listed.body["users"][0]["email"], "ada@example.com");
    assert_eq!(listed.body["users"][1]["email"], "admin@example.com");
    assert_eq!(listed.body["users"][1]["role"], 1);

    let reset = paste(&program, request_reset, &[]);
    assert_eq!(reset.status, 201, "{}", reset.text);
    assert_eq!(
        reset.body,
        json!({ "msg": "Email with reset link is sent" })
    );
    let link = program.mailed_link("reset", "ada@example.com");
    let (page, query) = link.split_once('?').unwrap();
    assert_eq!(page, program.url("/password/reset"));
    let code = query.strip_prefix("token=").unwrap();
    let body = json!({ "password": "another secret", "confirm_password": "another secret" });
    program.put_as("/password/reset", code, &body).expect(201);
    program.log_in("ada", "another secret");
    program.get_as("/users/profile", next).expect(401);

    let healthy = paste(&program, health, &[]);
    assert_eq!(healthy.status, 200);
    assert!(
        healthy
            .headers
            .contains("content-type: application/health+json")
    );
    assert_eq!(healthy.body["status"], "pass");
    assert_eq!(healthy.body["description"], "users service");
    for member in ["version", "commit", "build_time", "instance_id"] {
        assert!(healthy.body[member].is_string(), "{member}");
    }

    let scraped = paste(&program, metrics, &[]);
    assert_eq!(scraped.status, 200);
    assert!(
        scraped
            .headers
            .contains("content-type: text/plain; version=0.0.4")
    );
    for line in [
        r#"users_api_request_count{method="register_user"} 1"#,
        r#"users_api_request_count{method="view_profile"} 3"#,
        r#"users_api_request_latency_microseconds{method="issue_token",quantile="0.5"}"#,
        "http_server_request_duration_seconds_count{",
    ] {
        assert!(
            scraped.text.contains(line),
            "{line} is not in\n{}",
            scraped.text
        );
    }
}

#[test]
fn the_banner_says_where_who_and_how() {
    let (_guard, data) = folder();
    let program = Program::dev_with(&data, &[]);
    let banner = program.banner.clone();
    assert!(banner.contains("admin@example.com"), "{banner}");
    assert!(banner.contains(&data.display().to_string()), "{banner}");

    // The command that the banner shows gives a token as it stands.
    let command = banner
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("curl"));
    let command: Vec<_> = command.take_while(|line| !line.trim().is_empty()).collect();
    let token = paste(&program, &command.join("\n"), &[]);
    assert_eq!(token.status, 201, "{banner}\n{}", token.text);

    // The made-up password is shown once, and is nowhere in the log of the next start.
    let password = banner
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("password"))
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap()
        .to_owned();
    assert!(password.len() >= 16, "{banner}");
    program.terminate();
    let again = Program::dev_with(&data, &[]);
    assert!(!again.log().contains(&password));
    again.log_in("admin@example.com", &password);
}

fn both_spellings_of_the_login_body_and_names_for_enums_serve_the_platforms_clients(home: &Home) {
    let program = home.start_with(&[("MG_USERS_API_ENUMS", "names")]);
    let mut body = registration("grace");
    body["role"] = json!("user");
    body["status"] = json!("enabled");
    let user = program.post("/users", &body).expect(201);
    assert_eq!(
        (&user["role"], &user["status"]),
        (&json!("user"), &json!("enabled"))
    );
    program
        .post(
            "/users/tokens/issue",
            &json!({ "username": "grace", "password": "changeMe123" }),
        )
        .expect(201);
}
