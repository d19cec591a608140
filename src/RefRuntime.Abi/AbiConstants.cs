// The constants of the ABI that belong to no enum.

namespace RefRuntime.Abi;

/// <summary>Constants of the library as a whole.</summary>
[CPrefix("RR_")]
[Section(Section.Library)]
public static class AbiConstants
{
    /// <summary>The ABI this header describes; compare with rr_abi_version().</summary>
    public const uint AbiVersion = 1;

    /// <summary>The release this header belongs to; compare with rr_version().</summary>
    public const string Version = "1.0.0";

    /// <summary>What rr_getrefcount() answers for an immortal object.</summary>
    public const long ImmortalCount = long.MaxValue;

    /// <summary>How many types a process can have, the built-in ones and the numbers kept for them included.</summary>
    public const uint MaxTypes = 1u << 20;
}
