# shellcheck shell=bash disable=SC2154 # sourced by build.sh or by test.sh, with their functions and variables
# Packs the NuGet package into the folder $packages: RefRuntime.Native.VERSION.nupkg, the same bytes for the same sources.
run pack-dotnet "the NuGet package can't be packed" dotnet pack bindings/dotnet/RefRuntime.Native -c Release \
    --artifacts-path "$work/bindings/dotnet/artifacts" -o "$packages" -p:RefRuntimeLibrary="$dist/lib/librefruntime.so" || return
# By run: bash 5.2 would end ( . test.sh ) with a program that a script sourced in it ends with.
run normalize-dotnet "the NuGet package can't be rewritten" \
    python3 bindings/dotnet/normalize_nupkg.py "$packages"/RefRuntime.Native.*.nupkg
