"""The official JavaScript client in Chromium, on a page of another origin than the server's."""

import pytest

from harness.configuration import feed
from harness.talk import check_talk


def test_it_talks_over_long_polling(serve, page_server, open_page):
    page = open_page(serve(cors={"origins": [page_server.origin]}), transports=["polling"])

    check_talk(page, transport="polling")


def test_it_upgrades_from_long_polling_to_websocket_and_loses_nothing(serve, page_server, open_page):
    page = open_page(serve(cors={"origins": [page_server.origin]}))

    check_talk(page, transport="websocket")


def test_it_talks_over_websocket_alone(serve, page_server, open_page):
    page = open_page(serve(cors={"origins": [page_server.origin]}), transports=["websocket"])

    check_talk(page, transport="websocket")


@pytest.mark.parametrize(
    "transports, message", [(["polling"], "xhr poll error"), (["websocket"], "websocket error")], ids=["polling", "websocket"]
)
def test_a_page_of_an_origin_that_is_not_allowed_cannot_connect(serve, open_page, transports, message):
    page = open_page(serve(cors={"origins": ["https://app.example.com"]}), transports=transports)

    assert page.next("refused")["message"] == message


def test_a_page_over_polling_is_told_that_a_namespace_wants_websocket(serve, page_server, open_page):
    server = serve(cors={"origins": [page_server.origin]}, namespaces=[feed(allowPolling=False)])

    refusal = open_page(server, transports=["polling"]).next("refused")

    assert refusal["data"]["code"] == "TRANSPORT_REJECTED"
    assert refusal["data"]["transports"] == ["websocket"]
