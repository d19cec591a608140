# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its functions and variables
# Packs the package, restores it into projects that know it by name alone, and runs them in a CoreCLR host: the tests, and the
# program of README.md, which must print what stands there.
need python3 command -v python3
packages=$place/package
readme=$place/readme
shared_packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
# Packages of others come from the machine's folder if they are there; ours never does, since its contents change and its version does not.
settings=(-c Release --artifacts-path "$place/artifacts" -p:RestorePackagesPath="$place/packages"
    -p:RestoreFallbackFolders="$shared_packages" -p:RestoreAdditionalProjectSources="$packages")
mkdir -p "$shared_packages" "$results"
# All files of a package have the same time, so that MSBuild takes a changed one of the same size for the one that it has copied before.
rm -rf "$packages" "$readme" "$place/packages/refruntime.native" "$results/dotnet.trx" "$place/artifacts"/{bin,obj}/{RefRuntime.Native.Tests,Readme}
. bindings/dotnet/package.sh || exit 1

passed=0 failed=0
dotnet test bindings/dotnet/tests "${settings[@]}" --logger "trx;LogFileName=$results/dotnet.trx" || true
read -r passed failed _ < <(python3 native-tests/tally.py nunit "$results/dotnet.trx") || failed=1

version=$(sed -n 's/^#define RR_VERSION  *"\([^"]*\)".*/\1/p' include/refruntime.h)
# block LANGUAGE: the text between the fences of that language.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{//!p}" bindings/dotnet/README.md; }

mkdir -p "$readme"
block csharp >"$readme/Program.cs"
cat >"$readme/Readme.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="RefRuntime.Native" Version="[$version]" /></ItemGroup>
</Project>
PROJECT
echo '<Project />' | tee "$readme/Directory.Build.props" >"$readme/Directory.Packages.props"
if dotnet run --project "$readme" "${settings[@]}" >"$readme/output" && diff <(block text) "$readme/output"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
