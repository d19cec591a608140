// Runs the NUnit tests of an assembly, one after the other, and ends the process at the first that fails. dotnet test would take longer to
// start than most faults to be noticed, and a crash would take its report along: here each test is named before it runs.
//
//   Runner ASSEMBLY CLASSES    CLASSES: a regular expression; with a ! before it, the classes that do not match
//
// Writes "RUN name" for each test and "FAIL name" for the one that fails. Exit status: 0 all passed, 1 one failed, 2 there were none.

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

string classes = args[1].TrimStart('!');
string wanted = $"<class re='1'>{classes}</class>";
string filter = args[1][0] == '!' ? $"<filter><not>{wanted}</not></filter>" : $"<filter>{wanted}</filter>";
var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
runner.Load(Assembly.LoadFrom(Path.GetFullPath(args[0])), new Dictionary<string, object> { ["NumberOfTestWorkers"] = 0 });
return runner.Run(new FirstFailure(), TestFilter.FromXml(filter)).PassCount > 0 ? 0 : 2;

internal sealed class FirstFailure : ITestListener
{
    public void TestStarted(ITest test)
    {
        if (!test.IsSuite)
        {
            Console.WriteLine($"RUN {test.Name}");
            Console.Out.Flush();
        }
    }

    /// <summary>A suite fails by itself when its setup does.</summary>
    public void TestFinished(ITestResult result)
    {
        if (result.ResultState.Status == TestStatus.Failed && (!result.Test.IsSuite || result.ResultState.Site != FailureSite.Child))
        {
            Console.WriteLine($"FAIL {result.Test.Name}\n{result.Message}");
            Console.Out.Flush();
            Environment.Exit(1);
        }
    }

    public void TestOutput(TestOutput output)
    {
    }

    public void SendMessage(TestMessage message)
    {
    }
}
