//! Canned answers over keep-alive connections.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

use serde_json::{Value, json};

pub fn run() -> ExitCode {
    let Ok(listener) = TcpListener::bind("127.0.0.1:0") else { return ExitCode::FAILURE };
    let Ok(address) = listener.local_addr() else { return ExitCode::FAILURE };
    println!("{}", address.port());
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || serve(stream));
    }
    ExitCode::SUCCESS
}

fn serve(stream: TcpStream) -> Option<()> {
    let (balance, logs) = (answer(&balance()), answer(&logs()));
    stream.set_nodelay(true).ok()?;
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let wanted = if line.contains("/emails/logs") { &logs } else { &balance };
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line).ok()?;
        }
        writer.write_all(wanted).ok()?;
    }
}

fn answer(body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_1\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

fn balance() -> Value {
    json!({"ok": true, "meta": {"request_id": "req_1"}, "data": {
        "balance": "128.450000", "balance_purchased": "200.000000", "balance_consumed": "71.550000",
        "currency": "USD", "auto_topup": {"enabled": true, "amount": "50.000000",
            "threshold": "10.000000", "monthly_limit": null, "monthly_used": "0.000000"}}})
}

fn logs() -> Value {
    let items: Vec<Value> = (0..100)
        .map(|index| {
            json!({
                "id": format!("dlog_{index:024}"), "status": "sent", "status_reason": null,
                "attempts": 1, "created_at": "2026-03-01T10:00:00Z",
                "sent_at": "2026-03-01T10:00:02Z", "from_email": "shop@example.com",
                "sent_from_email": "shop@example.com", "to_email": "ada@example.org",
                "subject": format!("Your order {index} is on its way"),
                "message_id": format!("<{index}.abcdef@example.com>"), "size_bytes": 18_231,
                "provider_id": "dprov_1", "provider_name": "Main account",
                "recipient_count": 1, "accepted_recipient_count": 1,
                "rejected_recipient_count": 0, "delivery_group": null,
            })
        })
        .collect();
    json!({"ok": true, "data": items, "pagination": {"has_more": false},
        "meta": {"request_id": "req_1"}})
}
