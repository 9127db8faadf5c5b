import FuzzTargets

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.webSocketFrames.run(UnsafeRawBufferPointer(start: start, count: count))
}
