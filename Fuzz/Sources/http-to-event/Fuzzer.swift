import FuzzTargets

/// What libFuzzer calls with each input; it takes 0 for an answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.httpToEvent.run(UnsafeRawBufferPointer(start: start, count: count))
}
