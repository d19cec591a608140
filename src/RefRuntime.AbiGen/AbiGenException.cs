// The one way in which the generator fails: a sentence that names the member and says what can't be mapped.

using System;

namespace RefRuntime.AbiGen;

/// <summary>The ABI, as written in C#, can't be turned into C.</summary>
internal sealed class AbiGenException(string member, string problem) : Exception($"{member}: {problem}")
{
    /// <summary>The C# member at fault, as a developer would search for it.</summary>
    public string Member { get; } = member;
}
