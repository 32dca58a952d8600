using System.Text;

namespace Insula.Network.Cni;

/// <summary>Finds the list that holds: the first <c>.conflist</c> of a directory by name, as everybody has it.</summary>
internal static class CniListFile
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads it.</summary>
    /// <exception cref="CniException">There is none, or it is not right; the message names the file.</exception>
    public static CniList Load(string directory)
    {
        string path = Find(directory);
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[CniList.MostBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= CniList.MostBytes
                ? CniList.Parse(s_strict.GetString(bytes, 0, length))
                : throw new CniException($"it has more than {CniList.MostBytes} bytes");
        }
        catch (CniException e)
        {
            throw new CniException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CniException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static string Find(string directory)
    {
        try
        {
            string[] all = [.. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)];
            return all.FirstOrDefault(f => f.EndsWith(".conflist", StringComparison.Ordinal))
                ?? throw new CniException(all.FirstOrDefault(f => f.EndsWith(".conf", StringComparison.Ordinal)) is { } single
                    ? $"{directory} has no .conflist; {Path.GetFileName(single)} is a single plug-in's configuration, which is not read: make a list of it"
                    : $"{directory} has no .conflist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException($"{directory} cannot be read: {e.Message}", e);
        }
    }
}
