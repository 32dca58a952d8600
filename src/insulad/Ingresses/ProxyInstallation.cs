using System.Globalization;
using System.Security.Cryptography;
using Insula.Ingresses.Plane;
using Insula.Linux.Elf;
using Microsoft.Extensions.Logging;

namespace Insulad.Ingresses;

/// <summary>
/// HAProxy as the distribution has installed it. It is looked for again and again while somebody wants it: a package manager tells nobody when it installs, updates or
/// removes. Files that have just changed are taken once they stay as they are: in the midst of an update old and new ones lie side by side.
/// </summary>
internal sealed partial class ProxyInstallation(string program, ILogger logger)
{
    private const string Libraries = "/lib/insula";

    /// <summary>How long after a look it is time for the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private string? _seen;
    private string? _read;
    private string? _said;

    /// <summary>What is known; null when it is not there, or cannot run.</summary>
    public ProxyProgram? Known { get; private set; }

    /// <summary>Why <see cref="Known"/> is null.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Looks.</summary>
    public void Look()
    {
        try
        {
            var files = Files();
            var stamp = Stamp(files);
            if (stamp != _read && (Known is null || stamp == _seen))
            {
                (Known, _read) = (new ProxyProgram(files, Libraries, Digest(files)), stamp);
            }

            (_seen, Problem) = (stamp, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            (Known, _seen, _read, Problem) = (null, null, null, e.Message);
        }

        if (Problem != _said)
        {
            _said = Problem;
            if (Problem.Length > 0)
            {
                LogMissing(Problem);
            }
        }
    }

    private List<(string Source, string Target)> Files()
    {
        var found = ProgramFiles.Of(program);
        return
        [
            (found.Program, ProxyProgram.Program), (found.Interpreter.File, found.Interpreter.Named),
            .. found.Libraries.Select(l => (l.Value, $"{Libraries}/{l.Key}")),
        ];
    }

    private static string Stamp(List<(string Source, string Target)> files) => string.Join('\n', files.Select(f => new FileInfo(f.Source) is var file
        ? string.Create(CultureInfo.InvariantCulture, $"{f.Source} {f.Target} {file.Length} {file.LastWriteTimeUtc.Ticks}") : ""));

    private static string Digest(List<(string Source, string Target)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (source, target) in files)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{target}\0"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(source)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    [LoggerMessage(1, LogLevel.Warning, "Ingresses are not served: HAProxy cannot be used: {Reason}")]
    private partial void LogMissing(string reason);
}
