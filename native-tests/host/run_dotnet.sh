#!/bin/sh
# run_dotnet.sh LIBRARY SOURCES PLACE: builds the .NET host with the machine's SDK and runs it, with settings for .NET that are meant for it.
set -eu
library=$1 sources=$2 place=$3
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1
if ! command -v dotnet >/dev/null; then
    echo "SKIPPED: there is no .NET SDK"
    exit 77
fi
mkdir -p "$place"
if ! dotnet build "$sources/DotnetHost.csproj" -c Release -o "$place" >"$place/build.log" 2>&1; then
    cat "$place/build.log"
    exit 1
fi
# 800 MiB of managed heap for the host are too much for the library's own runtime, and a region of this size too.
for settings in DOTNET_gcServer=0 DOTNET_GCHeapHardLimit=0x32000000 DOTNET_gcServer=1; do
    status=0
    env "$settings" timeout 120 dotnet "$place/DotnetHost.dll" "$library" >"$place/output" 2>&1 || status=$?
    cat "$place/output"
    if [ "$status" != 0 ] || ! grep -qx worked "$place/output"; then
        echo "FAILED: the host ended with $status ($settings)"
        exit 1
    fi
done
