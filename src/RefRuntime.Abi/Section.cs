// The sections of the header, in its order. A section's title is the summary of its member here; its overview is
// the doc comment of the class of exports that carries it.

namespace RefRuntime.Abi;

/// <summary>The sections of the header, in the order in which they appear.</summary>
public enum Section
{
    /// <summary>Conventions</summary>
    Conventions,

    /// <summary>Library</summary>
    Library,

    /// <summary>Heaps</summary>
    Heaps,

    /// <summary>Types</summary>
    Types,

    /// <summary>Objects and counts</summary>
    Objects,

    /// <summary>Cycles</summary>
    Cycles,

    /// <summary>Weak references</summary>
    WeakReferences,

    /// <summary>Lists</summary>
    Lists,

    /// <summary>Raw memory</summary>
    RawMemory,

    /// <summary>Looking</summary>
    Looking,

    /// <summary>Statistics</summary>
    Statistics,

    /// <summary>Diagnostics</summary>
    Diagnostics,

    /// <summary>Finding misuse</summary>
    Misuse,

    /// <summary>Layout</summary>
    Layout,
}
