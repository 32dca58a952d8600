using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Insulad.Configuration;

/// <summary>The YAML file of <c>--config</c>: one flat mapping of option names to values.</summary>
internal static class ConfigurationFile
{
    private const int MaxBytes = 1 << 20;

    public static DaemonOptions Apply(DaemonOptions options, string path)
    {
        string text;
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new ConfigurationException($"{path}: larger than {MaxBytes} bytes");
            }

            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException($"{path}: no such file; insulad --print-config prints one to begin with");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path}: {e.Message}");
        }

        try
        {
            return Apply(options, path, new Parser(new StringReader(text)));
        }
        catch (YamlException e)
        {
            throw new ConfigurationException($"{path}:{e.Start.Line}: not YAML: {e.Message}");
        }
    }

    private static DaemonOptions Apply(DaemonOptions options, string path, Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            return options;
        }

        parser.Consume<DocumentStart>();
        if (parser.Accept<Scalar>(out var only) && only.Value.Length == 0)
        {
            return options;
        }

        if (!parser.TryConsume<MappingStart>(out _))
        {
            throw new ConfigurationException($"{path}:{parser.Current!.Start.Line}: expected lines of the form OPTION: VALUE");
        }

        var seen = new HashSet<string>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var where = $"{path}:{key.Start.Line}: {key.Value}";
            var option = OptionTable.Find(key.Value)
                ?? throw new ConfigurationException($"{where}: {OptionTable.Unknown(key.Value, "")}");
            if (!seen.Add(key.Value))
            {
                throw new ConfigurationException($"{where}: given twice");
            }

            if (!parser.TryConsume<Scalar>(out var value))
            {
                throw new ConfigurationException($"{where}: expected one value");
            }

            // A key without a value says "the default", as --print-config writes unset options.
            if (value.Value.Length == 0 || (value.Style == ScalarStyle.Plain && value.Value is "null" or "~"))
            {
                continue;
            }

            try
            {
                options = option.Parse(options, value.Value);
            }
            catch (FormatException e)
            {
                throw new ConfigurationException($"{where}: '{value.Value}' is not {e.Message}");
            }
        }

        parser.Consume<DocumentEnd>();
        return parser.Accept<StreamEnd>(out _)
            ? options
            : throw new ConfigurationException($"{path}:{parser.Current!.Start.Line}: more than one document");
    }
}
