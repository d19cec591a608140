// The chapter on diagnostics of include/refruntime.h. Each tool has its exports in a file of its own.

using RefRuntime.Abi;

namespace RefRuntime.Exports;

/// <summary>
/// Tools for those who look for something: what all this memory is, who holds it, and what went wrong. A heap that does not use them
/// pays nothing for them.
/// </summary>
[Section(Section.Diagnostics)]
internal static class DiagnosticExports;
