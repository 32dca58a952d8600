using System.Text;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>The data of a ConfigMap or Secret from files and words of the command line.</summary>
internal static class ConfigSources
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads them; a key that is given twice is an error.</summary>
    /// <param name="files"><c>[KEY=]PATH</c>; a path may be a directory, whose files are taken and whose directories are not.</param>
    /// <param name="literals"><c>KEY=VALUE</c>.</param>
    /// <exception cref="CommandException">Something is not there, or not of its form.</exception>
    public static IReadOnlyDictionary<string, byte[]> Read(IEnumerable<string> files, IEnumerable<string> literals)
    {
        var data = new Dictionary<string, byte[]>();
        foreach (var word in files)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var (key, path) = equals > 0 ? (word[..equals], word[(equals + 1)..]) : (null, word);
            if (path.Length == 0 || equals == 0)
            {
                throw new CommandException($"--from-file {word}: write PATH or KEY=PATH");
            }

            try
            {
                if (Directory.Exists(path))
                {
                    if (key is not null)
                    {
                        throw new CommandException($"--from-file {word}: a directory cannot have a key; its files' names are the keys");
                    }

                    foreach (var file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
                    {
                        Add(Path.GetFileName(file), File.ReadAllBytes(file));
                    }
                }
                else
                {
                    Add(key ?? Path.GetFileName(path), File.ReadAllBytes(path));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"--from-file {word}: {e.Message}");
            }
        }

        foreach (var word in literals)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                // The word may be a value whose key was forgotten: it is not repeated.
                throw new CommandException("--from-literal: write KEY=VALUE");
            }

            Add(word[..equals], Encoding.UTF8.GetBytes(word[(equals + 1)..]));
        }

        return data;

        void Add(string key, byte[] value)
        {
            if (!data.TryAdd(key, value))
            {
                throw new CommandException($"the key {key} is given twice");
            }
        }
    }

    /// <summary>As a ConfigMap has it: text where it is text, else base64.</summary>
    public static JsonObject ConfigMap(IReadOnlyDictionary<string, byte[]> data)
    {
        var (texts, bytes) = (new JsonObject(), new JsonObject());
        foreach (var (key, value) in data)
        {
            try
            {
                texts[key] = Strict.GetString(value);
            }
            catch (DecoderFallbackException)
            {
                bytes[key] = Convert.ToBase64String(value);
            }
        }

        var result = new JsonObject { ["data"] = texts };
        if (bytes.Count > 0)
        {
            result["binaryData"] = bytes;
        }

        return result;
    }

    /// <summary>As a Secret has it: base64.</summary>
    public static JsonObject Secret(IReadOnlyDictionary<string, byte[]> data)
    {
        var bytes = new JsonObject();
        foreach (var (key, value) in data)
        {
            bytes[key] = Convert.ToBase64String(value);
        }

        return new JsonObject { ["data"] = bytes };
    }
}
