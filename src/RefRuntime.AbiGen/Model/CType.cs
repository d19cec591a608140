// The types that may cross the boundary, as C knows them. Everything else is refused by the reader, so an emitter that
// handles these cases handles all.

namespace RefRuntime.AbiGen.Model;

/// <summary>A C type.</summary>
internal abstract record CType;

/// <summary>No value; also what an untyped pointer points at.</summary>
internal sealed record VoidType : CType;

/// <summary>A byte of text; occurs only behind a pointer.</summary>
internal sealed record CharType : CType;

/// <summary>int32_t, uint32_t, int64_t, uint64_t or size_t.</summary>
internal sealed record IntegerType(string Name, int SizeBytes, bool IsSigned) : CType;

/// <summary>A double.</summary>
internal sealed record DoubleType : CType;

/// <summary>An integer with a typedef of its own, such as rr_status.</summary>
internal sealed record TypedefType(string Name, IntegerType Underlying) : CType;

/// <summary>A struct; occurs only behind a pointer, never by value.</summary>
internal sealed record StructType(string Name, bool IsOpaque) : CType;

/// <summary>A pointer. <paramref name="IsConst"/> speaks of what it points at.</summary>
internal sealed record PointerType(CType Target, bool IsConst) : CType;

/// <summary>A function pointer, by the name of its typedef.</summary>
internal sealed record CallbackType(string Name) : CType;
