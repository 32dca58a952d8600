using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>A daemon with a pool of two addresses, and with the example's program behind one that notes requests and fails when it is told to.</summary>
public sealed class BalancerFixture : OutsideFixture
{
    public BalancerFixture()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("insula-balancer-").FullName;
        File.Copy(Path.Combine(Repository.Root, "examples", "load-balancer", "balancer.py"), Path.Combine(Directory, "balancer.py"));
        var program = Path.Combine(Directory, "program");
        File.WriteAllText(program, $"""
            #!/bin/sh
            export BALANCER_STATE={Directory}/state
            request=$(cat)
            echo "$request" >> {Directory}/asked
            [ -e {Directory}/fail ] && cat {Directory}/fail >&2 && exit 3
            [ -e {Directory}/say ] && exec cat {Directory}/say
            echo "$request" | exec {Directory}/balancer.py

            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Where the program keeps what it does.</summary>
    public string Directory { get; }

    protected override string Options => $"load-balancer-pool: 192.0.2.50,192.0.2.51\nload-balancer-exec: {Directory}/program\n";

    /// <summary>What the program was asked, in this order.</summary>
    public IReadOnlyList<string> Asked => File.Exists(Path.Combine(Directory, "asked")) ? File.ReadAllLines(Path.Combine(Directory, "asked")) : [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
