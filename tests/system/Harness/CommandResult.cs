namespace Insula.SystemTests.Harness;

/// <summary>What a finished command left: its exit code and both outputs.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>The output of a command that had to succeed.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Command} ended with {ExitCode}\n{Output}\n{Error}");
        return Output;
    }

    /// <summary>Both outputs of a command that had to fail.</summary>
    public string Failed()
    {
        Assert.True(ExitCode != 0, $"{Command} succeeded, and should not have\n{Output}\n{Error}");
        return Output + Error;
    }
}
