using System.Globalization;
using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Reports;

/// <summary>On what was measured, and with which versions.</summary>
internal sealed record Machine(string Kernel, string Processor, int Processors, double MemoryGiB, string Load, string Cgroups, IReadOnlyList<(string Program, string Version)> Versions)
{
    /// <summary>Reads it.</summary>
    public static async Task<Machine> ReadAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancellationToken)).Trim();
        var processor = (await File.ReadAllLinesAsync("/proc/cpuinfo", cancellationToken))
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
        var memory = (await File.ReadAllLinesAsync("/proc/meminfo", cancellationToken))[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var load = (await File.ReadAllTextAsync("/proc/loadavg", cancellationToken)).Split(' ')[0];
        var cgroups = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "v2" : Directory.Exists("/sys/fs/cgroup/unified") ? "hybrid" : "v1";
        var versions = new List<(string, string)>();
        foreach (var (program, words) in ((string, string[])[])[
            ("insula", [Path.Combine(context.Programs, "insula"), "--version"]), ("crun", ["crun", "--version"]), ("runc", ["runc", "--version"]),
            ("podman", ["podman", "--version"]), ("containerd", ["containerd", "--version"])])
        {
            if (program == "insula" || Command.Exists(program))
            {
                var line = (await Command.RunAsync(words, cancellationToken)).Split('\n')[0];
                versions.Add((program, line.Split(' ').FirstOrDefault(word => word.Length > 0 && char.IsDigit(word.TrimStart('v')[..1][0])) ?? line));
            }
        }

        return new Machine(kernel, processor, Environment.ProcessorCount, double.Parse(memory, CultureInfo.InvariantCulture) / (1 << 20), load, cgroups, versions);
    }

    /// <summary>One sentence.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Linux {Kernel}, {Processors} × {Processor}, {MemoryGiB:0.#} GiB, load {Load} when it began, cgroups {Cgroups}; {string.Join(", ", Versions.Select(v => $"{v.Program} {v.Version}"))}");
}
