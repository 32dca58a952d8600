using System.Text.Json;
using System.Text.Json.Serialization;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Network.Host;

/// <summary><c>host-settings.json</c>: the host's settings that were changed, with their old values, for this boot.</summary>
internal sealed class HostSettingsFile
{
    private const string Name = "host-settings.json";
    private readonly string _directory;
    private readonly string _bootId;

    public HostSettingsFile(string directory, string? bootId = null)
    {
        _directory = directory;
        _bootId = bootId ?? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
    }

    /// <summary>Reads the record; that of another boot is void, since a boot resets every setting.</summary>
    /// <exception cref="NetworkException">The file is broken.</exception>
    public IReadOnlyList<HostSetting> Read()
    {
        string path = Path.Combine(_directory, Name);
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }

        try
        {
            HostSettingsRecord? record = JsonSerializer.Deserialize(text, HostSettingsJson.Default.HostSettingsRecord);
            return record is not null && record.BootId == _bootId ? record.Settings : [];
        }
        catch (JsonException e)
        {
            throw new NetworkException($"{path} is broken ({e.Message}): remove it; the host's forwarding settings then stay as they are now", e);
        }
    }

    /// <summary>Writes the record; an empty one removes the file.</summary>
    public void Write(IReadOnlyList<HostSetting> settings)
    {
        if (settings.Count == 0)
        {
            File.Delete(Path.Combine(_directory, Name));
            return;
        }

        Directory.CreateDirectory(_directory);
        using Descriptor directory = Descriptor.Open(_directory, fcntl.O_RDONLY | fcntl.O_DIRECTORY);
        AtomicFile.Write(directory, Name,
            JsonSerializer.SerializeToUtf8Bytes(new HostSettingsRecord(_bootId, settings), HostSettingsJson.Default.HostSettingsRecord));
    }
}

/// <summary>The file's shape.</summary>
internal sealed record HostSettingsRecord(string BootId, IReadOnlyList<HostSetting> Settings);

/// <summary>Source-generated, so that trimming keeps it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(HostSettingsRecord))]
internal sealed partial class HostSettingsJson : JsonSerializerContext;
