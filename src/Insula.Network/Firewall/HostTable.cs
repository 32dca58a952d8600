using Insula.Linux.Processes;
using Insula.Network.Links;

namespace Insula.Network.Firewall;

/// <summary>Hands scripts to <c>nft</c>; on the network thread, in whose namespace the child runs.</summary>
internal sealed class HostTable(NetworkOptions options, LinkNames names)
{
    // A child asks the kernel by a socket that has its process number as its port.
    private readonly List<uint> _ports = [];

    /// <summary>Applies a script as one transaction.</summary>
    /// <exception cref="NetworkException">nft is missing or refused the script.</exception>
    public void Apply(string script)
    {
        ProgramResult result = Run(["-f", "-"], script);
        if (result.ExitCode != 0)
        {
            throw new NetworkException(
                $"nft did not accept the table {names.Table} (exit code {result.ExitCode}): {result.Error.Trim()}. The kernel needs nf_tables with the families inet and ip, nat, conntrack and fib.");
        }

        _ports.Add((uint)result.Pid);
    }

    /// <summary>Whether a child of this table asked for a transaction that is told of.</summary>
    public bool IsOwn(uint port) => _ports.Contains(port);

    /// <summary>A transaction has been told of to its end; the number is anybody's again.</summary>
    public void Forget(uint port) => _ports.Remove(port);

    /// <summary>What was told of them may have been lost.</summary>
    public void ForgetAll() => _ports.Clear();

    /// <summary>Everything in the host's nftables as JSON (libnftables-json(5)).</summary>
    public string List()
    {
        ProgramResult result = Run(["-j", "list", "ruleset"], "");
        return result.ExitCode == 0 ? result.Output
            : throw new NetworkException($"nft cannot list the host's tables (exit code {result.ExitCode}): {result.Error.Trim()}");
    }

    /// <summary>The program's path.</summary>
    /// <exception cref="NetworkException">It is not there.</exception>
    public string Locate() => ProgramRun.Locate(options.NftProgram)
        ?? throw new NetworkException($"the program {options.NftProgram} is not on this host: install the package nftables, or name its path in the configuration");

    private ProgramResult Run(string[] arguments, string input) => ProgramRun.Run(Locate(), arguments, input, options.NftDeadline);
}
