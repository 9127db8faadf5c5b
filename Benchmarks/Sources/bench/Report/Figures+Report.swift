extension FanoutFigures: Reportable {
    static let columns = [
        "deliveries/s", "p50 ms", "p99", "p99.9", "max", "CPU us", "server busy", "generator", "MiB before", "peak",
        "gaps", "dups", "missing",
    ]

    static let rate = "deliveries/s"
    static let cost = "server CPU per delivery"

    var cells: [String] {
        [
            decimal(deliveriesPerSecond, 0), decimal(latency.p50, 3), decimal(latency.p99, 3), decimal(latency.p999, 3),
            decimal(latency.max, 3), decimal(serverCPUMicrosecondsPerDelivery, 3), percent(serverBusy),
            percent(generatorBusy), mebibytes(residentBeforeKiB), mebibytes(residentPeakKiB), String(gaps),
            String(duplicates), String(missing),
        ]
    }

    var compared: [ComparedFigure] {
        [
            ComparedFigure(name: Self.rate, value: deliveriesPerSecond),
            ComparedFigure(name: Self.cost, value: serverCPUMicrosecondsPerDelivery),
        ]
    }
}

extension IdleFigures: Reportable {
    static let columns = ["connections", "joined/s", "MiB before", "after", "KiB per connection"]

    var cells: [String] {
        [
            String(connections), decimal(connectionsPerSecond, 0), mebibytes(residentBeforeKiB),
            mebibytes(residentAfterKiB), decimal(residentKiBPerConnection, 2),
        ]
    }

    var compared: [ComparedFigure] {
        [
            ComparedFigure(name: "KiB per connection", value: residentKiBPerConnection),
            ComparedFigure(name: "joined/s", value: connectionsPerSecond),
        ]
    }
}
