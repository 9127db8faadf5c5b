"""What exactly a message is on the wire."""

import pytest

from harness.configuration import QUIET, acknowledged, feed
from harness.packet import event, message_id
from harness.settle import sent_so_far, settle


def test_best_effort_sends_the_payload_alone(serve, client, raw_websocket):
    server = serve(namespaces=[feed()], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")

    alice.publish("snapshot", {"n": 1})

    assert bob.next_packet() == b'42/feed,["snapshot",{"n":1}]'


def test_at_least_once_adds_the_metadata_and_nothing_else(serve, client, raw_websocket):
    namespace = acknowledged(path="/alerts", topics=["fire/1", 'say "hi"'], maxInFlight=5)
    server = serve(namespaces=[namespace], **QUIET)
    alice, bob = client(server, namespace="/alerts"), raw_websocket(server, namespace="/alerts")

    for topic in namespace["topics"]:
        bob.subscribe(topic)
        answer = alice.publish(topic, {"n": 1})

        name, payload, metadata = event(bob.next_packet())
        assert (name, payload) == (topic, {"n": 1})
        assert metadata == {
            "namespace": "/alerts",
            "topic": topic,
            "messageId": answer["messageId"],
            "ackRequired": True,
        }


def test_the_metadata_stands_behind_a_payload_that_is_left_as_it_was(serve, raw_websocket):
    server = serve(namespaces=[acknowledged()], **QUIET)
    bob = raw_websocket(server)
    bob.subscribe("snapshot")

    bob.send('42/feed,["publish",{"topic":"snapshot","payload":{ "price" : 1.10 }}]')

    packet = bob.next_packet()
    assert packet == (
        b'42/feed,["snapshot",{ "price" : 1.10 },{"namespace":"/feed","topic":"snapshot","messageId":"%s","ackRequired":true}]'
        % message_id(packet).encode()
    )


def test_attachments_travel_with_the_metadata(serve, client):
    server = serve(namespaces=[acknowledged(ackStyle="socketio")])
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")

    answer = alice.publish("snapshot", {"image": bytes(range(256)), "n": 1})

    payload, metadata = bob.next_message("snapshot")
    assert payload == {"image": bytes(range(256)), "n": 1}
    assert metadata["messageId"] == answer["messageId"]


def test_every_client_gets_the_same_bytes(serve, client, raw_websocket, raw_polling):
    server = serve(namespaces=[acknowledged(maxInFlight=10)], **QUIET)
    alice, bob, carol, dave = client(server), raw_websocket(server), raw_websocket(server), raw_polling(server)
    bob.subscribe("snapshot")
    carol.subscribe("snapshot")
    for number in range(10):
        alice.publish("snapshot", number)

    received = sent_so_far(alice, bob)

    assert len(received) == 10
    assert sent_so_far(alice, carol) == received
    settle(alice, dave)
    assert dave.poll() == received


def test_message_ids_are_unique_in_a_run_of_a_server_and_across_its_restarts(serve, client):
    ids = []
    for _ in range(3):
        server = serve(namespaces=[acknowledged(), feed(path="/prices")])
        alice = client(server, more_namespaces=["/prices"])
        for _ in range(10):
            ids.append(alice.publish("snapshot", 1)["messageId"])
            request = {"topic": "snapshot", "payload": 1}
            ids.append(alice.ask("publish", request, namespace="/prices")["messageId"])
        alice.close()
        server.stop()

    assert all(isinstance(each, str) and each for each in ids)
    assert len(set(ids)) == len(ids) == 60


@pytest.mark.parametrize("id", ["7", "0"])
def test_a_publish_that_is_relayed_carries_the_publishers_acknowledgement_id_to_nobody(serve, raw_websocket, id):
    server = serve(namespaces=[acknowledged()], **QUIET)
    alice, bob = raw_websocket(server), raw_websocket(server)
    bob.subscribe("snapshot")

    alice.send(f'42/feed,{id}["publish",{{"topic":"snapshot","payload":1}}]')

    assert bob.next_packet().startswith(b'42/feed,["snapshot",1,')
