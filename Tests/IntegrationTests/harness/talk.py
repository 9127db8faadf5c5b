"""What ../scenarios/talk.js has to report, wherever it ran."""


def check_talk(client, transport):
    """Judges the reports of a client that talks; `transport` is the one it has to end up with."""
    client.next("connected")
    client.next("answer", to="subscribe", answer={"ok": True, "topic": "snapshot"})
    client.next("event", event="subscribed", values=[{"topic": "snapshot"}])

    for number in range(40):
        answer = client.next("answer", to="publish")["answer"]
        assert answer["ok"] is True
        assert answer["recipients"] >= 1
        assert client.next("event", event="snapshot")["values"] == [{"n": number}]
    assert client.next("talking over")["transport"] == transport

    assert client.next("answer", to="publish")["answer"]["ok"] is True
    message = {"text": "Grüße 👋", "bytes": {"bytes": [0, 1, 127, 128, 255]}}
    assert client.next("event", event="snapshot")["values"] == [message]

    refusal = client.next("answer", to="subscribe")["answer"]
    assert refusal["ok"] is False
    assert refusal["code"] == "UNKNOWN_TOPIC"
    assert client.next("event", event="error")["values"][0]["code"] == "UNKNOWN_TOPIC"

    assert client.next("answer", to="unsubscribe")["answer"]["ok"] is True
    client.next("event", event="unsubscribed", values=[{"topic": "snapshot"}])
    client.next("finished talking")
