using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>Calls the plug-ins of a list, as the specification has it.</summary>
/// <param name="runner">Who runs them.</param>
internal sealed class CniChain(ICniRunner runner)
{
    private const string Environment = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private readonly ConcurrentDictionary<(string Path, DateTime Written, long Length), IReadOnlyList<string>> _versions = new();

    /// <summary>The version to speak with all plug-ins of a list.</summary>
    /// <exception cref="CniException">A plug-in is not there, does not say what it speaks, or there is no version that all speak.</exception>
    public async Task<string> NegotiateAsync(CniList list, IReadOnlyList<string> directories, CancellationToken ct)
    {
        List<(string Type, IReadOnlyList<string> Versions)> said = [];
        foreach (string type in list.Plugins.Select(p => p.Type).Distinct())
        {
            said.Add((type, await VersionsAsync(Find(type, directories), type, list, ct).ConfigureAwait(false)));
        }

        return CniVersions.Choose(list.Versions, said.Select(s => s.Versions))
            ?? throw new CniException(
                $"the network {list.Name} is of version {string.Join(" or ", list.Versions)}, and its plug-ins have none in common that is spoken here ({string.Join(", ", CniVersions.Spoken)}): "
                + string.Join("; ", said.Select(s => JsonReading.Printable($"{s.Type} speaks {string.Join(", ", s.Versions)}"))));
    }

    /// <summary>ADD, in order. The attachment must have been written down.</summary>
    /// <exception cref="CniException">A plug-in failed; DEL is to be called.</exception>
    public async Task<CniResult> AddAsync(CniAttachment attachment, string netns, CancellationToken ct)
    {
        JsonObject? result = null;
        foreach (CniPlugin plugin in attachment.List.Plugins)
        {
            string output = await CallAsync("ADD", attachment, plugin, netns, result, ct).ConfigureAwait(false);
            Failpoint.Hit("cni.add.plugin-done");
            try
            {
                result = JsonReading.Object(output, "the answer");
                _ = CniResult.Read(result, attachment.Version);
            }
            catch (CniException e)
            {
                throw new CniException($"{Who(plugin, "ADD")} has answered what cannot be taken: {e.Message}", e);
            }
        }

        return CniResult.Read(result!, attachment.Version);
    }

    /// <summary>DEL, in reverse order.</summary>
    /// <exception cref="CniException">A plug-in failed; all is to be called again.</exception>
    public async Task DeleteAsync(CniAttachment attachment, string netns, CancellationToken ct)
    {
        JsonObject? result = CniVersions.HasCheck(attachment.Version) ? attachment.Result?.Json : null;
        foreach (CniPlugin plugin in attachment.List.Plugins.Reverse())
        {
            await CallAsync("DEL", attachment, plugin, netns, result, ct).ConfigureAwait(false);
            Failpoint.Hit("cni.del.plugin-done");
        }
    }

    /// <summary>CHECK, in order; nothing where the version or the list has none.</summary>
    /// <exception cref="CniException">A plug-in says that something is not right.</exception>
    public async Task CheckAsync(CniAttachment attachment, string netns, CancellationToken ct)
    {
        if (attachment.List.DisableCheck || attachment.Result is not { } result || !CniVersions.HasCheck(attachment.Version))
        {
            return;
        }

        foreach (CniPlugin plugin in attachment.List.Plugins)
        {
            await CallAsync("CHECK", attachment, plugin, netns, result.Json, ct).ConfigureAwait(false);
        }
    }

    /// <summary>STATUS of all plug-ins; nothing where the version has none.</summary>
    /// <exception cref="CniException">A plug-in takes no ADD just now.</exception>
    public async Task StatusAsync(CniList list, string version, IReadOnlyList<string> directories, CancellationToken ct)
    {
        if (!CniVersions.HasGarbageCollection(version))
        {
            return;
        }

        foreach (CniPlugin plugin in list.Plugins)
        {
            await RunAsync("STATUS", plugin, directories, Configuration(list, plugin, version, null, null), [], ct).ConfigureAwait(false);
        }
    }

    /// <summary>GC of all plug-ins, also when one fails; nothing where the version or the list has none.</summary>
    /// <param name="list">The list.</param>
    /// <param name="version">The version to speak.</param>
    /// <param name="directories">Where plug-ins are.</param>
    /// <param name="valid">What there is; anything else is given back.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="CniException">A plug-in failed.</exception>
    public async Task CollectAsync(CniList list, string version, IReadOnlyList<string> directories, IEnumerable<CniAttachment> valid, CancellationToken ct)
    {
        if (list.DisableGC || !CniVersions.HasGarbageCollection(version))
        {
            return;
        }

        JsonArray attachments = new([.. valid.Select(a => new JsonObject { ["containerID"] = a.SandboxId, ["ifname"] = a.Interface })]);
        List<string> failures = [];
        foreach (CniPlugin plugin in list.Plugins)
        {
            JsonObject configuration = Configuration(list, plugin, version, null, null);
            configuration["cni.dev/valid-attachments"] = attachments.DeepClone();
            try
            {
                await RunAsync("GC", plugin, directories, configuration, [], ct).ConfigureAwait(false);
            }
            catch (CniException e)
            {
                failures.Add(e.Message);
            }
        }

        if (failures.Count > 0)
        {
            throw new CniException(string.Join("; ", failures));
        }
    }

    /// <summary>A plug-in's standard input.</summary>
    internal static JsonObject Configuration(CniList list, CniPlugin plugin, string version, JsonObject? capabilities, JsonObject? previous)
    {
        JsonObject configuration = plugin.Json.DeepClone().AsObject();
        configuration.Remove("capabilities");
        configuration["cniVersion"] = version;
        configuration["name"] = list.Name;
        JsonObject told = new((capabilities ?? []).Where(c => plugin.Capabilities.Contains(c.Key)).Select(c => KeyValuePair.Create(c.Key, c.Value?.DeepClone())));
        if (told.Count > 0)
        {
            configuration["runtimeConfig"] = told;
        }

        if (previous is not null)
        {
            configuration["prevResult"] = previous.DeepClone();
        }

        return configuration;
    }

    private async Task<IReadOnlyList<string>> VersionsAsync(string path, string type, CniList list, CancellationToken ct)
    {
        // Asked again when it is another program.
        FileInfo file = new(path);
        (string, DateTime, long) key = (path, file.LastWriteTimeUtc, file.Exists ? file.Length : 0);
        if (_versions.TryGetValue(key, out IReadOnlyList<string>? known))
        {
            return known;
        }

        string input = new JsonObject { ["cniVersion"] = list.Versions[0] }.ToJsonString();
        try
        {
            CniOutput output = await runner.RunAsync(path, [Environment, "CNI_COMMAND=VERSION", .. Placeholders], input, ct).ConfigureAwait(false);
            if (output.ExitCode != 0)
            {
                throw CniAnswers.Error("it", output.Output) ?? new CniException($"it ended with {output.ExitCode}{Said(output)}");
            }

            return _versions[key] = CniAnswers.Versions(output.Output);
        }
        catch (CniException e)
        {
            throw new CniException($"the CNI plug-in {JsonReading.Printable(type)} does not say which versions it speaks: {e.Message}", e);
        }
    }

    // Plug-ins of the first versions want these to be there, whatever they are asked.
    private static IEnumerable<string> Placeholders => ["CNI_NETNS=dummy", "CNI_IFNAME=dummy", "CNI_PATH=dummy"];

    private Task<string> CallAsync(string command, CniAttachment attachment, CniPlugin plugin, string netns, JsonObject? previous, CancellationToken ct) => RunAsync(
        command, plugin, attachment.Directories, Configuration(attachment.List, plugin, attachment.Version, attachment.Capabilities, previous),
        [$"CNI_CONTAINERID={attachment.SandboxId}", $"CNI_NETNS={netns}", $"CNI_IFNAME={attachment.Interface}", $"CNI_ARGS={attachment.Arguments}"], ct);

    private async Task<string> RunAsync(
        string command, CniPlugin plugin, IReadOnlyList<string> directories, JsonObject configuration, IReadOnlyList<string> variables, CancellationToken ct)
    {
        string who = Who(plugin, command);
        string path = Find(plugin.Type, directories);
        CniOutput output;
        try
        {
            output = await runner.RunAsync(
                path, [Environment, $"CNI_COMMAND={command}", $"CNI_PATH={string.Join(':', directories)}", .. variables], configuration.ToJsonString(), ct).ConfigureAwait(false);
        }
        catch (CniException e)
        {
            throw new CniException($"{who}: {e.Message}", e);
        }

        return output.ExitCode == 0 ? output.Output
            : throw CniAnswers.Error(who, output.Output) ?? new CniException($"{who} ended with {output.ExitCode}{Said(output)}");
    }

    private static string Said(CniOutput output) =>
        output.Error.Length > 0 ? $": {output.Error}" : output.Output.Length > 0 ? $": {JsonReading.Printable(output.Output)}" : " and says nothing";

    private static string Who(CniPlugin plugin, string command) => $"the CNI plug-in {JsonReading.Printable(plugin.Type)} ({command})";

    private static string Find(string type, IReadOnlyList<string> directories) =>
        directories.Select(d => Path.Combine(d, type)).FirstOrDefault(File.Exists)
        ?? throw new CniException($"the CNI plug-in {JsonReading.Printable(type)} is not in {string.Join(" nor in ", directories)}: install it, or say by cni-bin-dir where it is");
}
