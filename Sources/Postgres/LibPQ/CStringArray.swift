import Glibc

/// NULL-terminated array of C strings, freed at the end of its scope.
@safe struct CStringArray: ~Copyable {
    private let storage: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>

    init(_ strings: [String]) {
        unsafe storage = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            unsafe storage.initializeElement(at: index, to: UnsafePointer(strdup(string)))
        }
        unsafe storage.initializeElement(at: strings.count, to: nil)
    }

    deinit {
        for index in unsafe storage.indices {
            unsafe free(UnsafeMutablePointer(mutating: storage[index]))
        }
        unsafe storage.deallocate()
    }

    /// Valid while this array lives.
    var pointers: UnsafePointer<UnsafePointer<CChar>?>? { unsafe UnsafePointer(storage.baseAddress) }
}
