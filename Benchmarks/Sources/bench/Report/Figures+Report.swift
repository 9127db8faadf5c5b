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

extension PacedFigures: Reportable {
    static let columns = [
        "published/s", "p50 ms", "p99", "p99.9", "max", "p99 of 1 s", "server busy", "waiting", "generator",
        "MiB before", "growth", "gaps", "dups", "missing", "dropped",
    ]

    static let growth = "MiB of growth"
    static let p99 = "p99"

    var cells: [String] {
        [
            decimal(publishedPerSecond, 0), decimal(latency.p50, 3), decimal(latency.p99, 3), decimal(latency.p999, 3),
            decimal(latency.max, 3), decimal(p99OfASecond, 3), percent(serverBusy), percent(serverWaiting),
            percent(generatorBusy),
            mebibytes(residentBeforeKiB), mebibytes(residentGrowthKiB), String(gaps), String(duplicates),
            String(missing), dropped.map { String($0) } ?? "-",
        ]
    }

    var compared: [ComparedFigure] {
        let growth = residentGrowthKiB.map { Double($0) / 1024 }
        return [
            ComparedFigure(name: Self.growth, value: growth, way: .difference),
            ComparedFigure(name: Self.p99, value: latency.p99),
            ComparedFigure(name: "p99 of 1 s", value: p99OfASecond),
            ComparedFigure(name: "p50", value: latency.p50),
            ComparedFigure(name: "server busy", value: serverBusy),
        ]
    }
}

extension SpillFigures: Reportable {
    static let columns = [
        "MB on disk", "written MB/s", "server busy", "generator", "growth MiB", "read MB/s", "server busy",
        "generator", "growth MiB", "gaps", "dups", "missing", "files left",
    ]

    var cells: [String] {
        [decimal(Double(folderBytes) / 1e6, 1)] + writing.cells + reading.cells
            + [String(gaps), String(duplicates), String(missing), String(filesLeft)]
    }

    var compared: [ComparedFigure] { [] }
}

extension SpillFigures.Phase {
    fileprivate var cells: [String] {
        [decimal(megabytesPerSecond, 1), percent(serverBusy), percent(generatorBusy), mebibytes(residentGrowthKiB)]
    }
}
