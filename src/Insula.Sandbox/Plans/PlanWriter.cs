using System.Buffers;
using System.Globalization;
using System.Text;

using Insula.Linux;

namespace Insula.Sandbox.Plans;

/// <summary>Writes the words of a plan in their order, <c>--version 1</c> first and <c>--end</c> last, and numbers the
/// descriptors they refer to.</summary>
internal sealed class PlanWriter
{
    /// <summary>The kernel passes at most 253 descriptors in a packet (SCM_MAX_FD), one of which is the plan itself.</summary>
    public const int MaximumDescriptors = 252;

    /// <summary>The version of the plan's language.</summary>
    public const string Version = "1";

    private readonly ArrayBufferWriter<byte> _words = new();
    private readonly List<Descriptor> _descriptors = [];

    public PlanWriter() => Add("--version", Version);

    public void Add(string word, params ReadOnlySpan<string> values)
    {
        Write(word);
        foreach (var value in values)
        {
            Write(value);
        }
    }

    public void Flag(string word, bool value) => Add(word, value ? "1" : "0");

    public string Number(Descriptor descriptor)
    {
        var index = _descriptors.IndexOf(descriptor);
        if (index < 0)
        {
            index = _descriptors.Count;
            if (index >= MaximumDescriptors)
            {
                throw new SandboxException(
                    $"the plan refers to more than {MaximumDescriptors} descriptors (mounts of host paths and subPaths); use fewer mounts");
            }

            _descriptors.Add(descriptor);
        }

        return Decimal(index);
    }

    public LaunchPlan Finish()
    {
        Write("--end");
        return new LaunchPlan(_words.WrittenSpan.ToArray(), _descriptors);
    }

    public static string Decimal(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Octal(uint value) => "0" + Convert.ToString(value, 8);

    // A NUL inside a word would start a new word: the one injection this language knows.
    private void Write(string word)
    {
        if (word.Contains('\0', StringComparison.Ordinal))
        {
            throw new SandboxException($"'{word.Replace("\0", "\\0", StringComparison.Ordinal)}' contains a NUL character, which no path, argument or variable can");
        }

        _words.Write(Encoding.UTF8.GetBytes(word));
        _words.Write<byte>([0]);
    }
}
