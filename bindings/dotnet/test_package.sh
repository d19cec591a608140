# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its functions and variables
# The NuGet package, the only one that an empty project away from the checkout can get, and restored into a folder of its own: the
# walkthrough compiles, as strictly as what lies in the checkout, and runs there.
project=$(mktemp -d) || exit 1
trap 'rm -rf "$project"' EXIT
cp bindings/dotnet/examples/walkthrough/Program.cs .editorconfig "$project/" || exit 1
cat >"$project/walkthrough.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <AnalysisLevel>latest-recommended</AnalysisLevel>
    <GenerateDocumentationFile>true</GenerateDocumentationFile>
    <EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="RefRuntime.Native" Version="[$(version)]" /></ItemGroup>
</Project>
PROJECT
cat >"$project/nuget.config" <<CONFIG
<configuration>
  <config><add key="globalPackagesFolder" value="packages" /></config>
  <packageSources><clear /><add key="build" value="$packages" /></packageSources>
  <fallbackPackageFolders><clear /></fallbackPackageFolders>
</configuration>
CONFIG
unset NUGET_PACKAGES
(
    cd "$project" &&
        dotnet build -c Release -o out &&
        [[ -e packages/refruntime.native ]] &&
        "$root/tests/walkthrough/check.sh" out/walkthrough
) || exit 1
