using Insulad.Configuration;

namespace Insulad.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("0.9", 0.9)]
    [InlineData("1", 1.0)]
    [InlineData("none", null)]
    public void A_factor_is_above_zero_and_at_most_one(string text, double? factor) =>
        Assert.Equal(factor, CommandLine.Parse(["--memory-throttling-factor", text]).Options.MemoryThrottlingFactor);

    [Theory]
    [InlineData("memory-throttling-factor", "0")]
    [InlineData("memory-throttling-factor", "-0.5")]
    [InlineData("memory-throttling-factor", "1.01")]
    [InlineData("memory-throttling-factor", "NaN")]
    [InlineData("memory-throttling-factor", "Infinity")]
    [InlineData("memory-throttling-factor", "1e-1")]
    [InlineData("memory-throttling-factor", "0,9")]
    [InlineData("memory-reservation-policy", "tiered")]
    [InlineData("swap-behavior", "UnlimitedSwap")]
    [InlineData("swap-behavior", "1")]
    public void What_is_none_is_refused(string option, string text) =>
        Assert.Contains(option, Assert.ThrowsAny<Exception>(() => CommandLine.Parse([$"--{option}={text}"])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_command_line_wins_over_the_file()
    {
        File.WriteAllText(_file, "root: /a\nback-off-initial: 1s\nseccomp-default: false\n");
        var options = CommandLine.Parse(["--config", _file, "--root=/b", "--log-max-files", "3"]).Options;
        Assert.Equal(("/b", TimeSpan.FromSeconds(1), false, 3), (options.Root, options.BackOffInitial, options.SeccompDefault, options.LogMaxFiles));
    }

    [Theory]
    [InlineData("rot: /a", ":1: rot: no such option")]
    [InlineData("root: /a\nroot: /b", ":2: root: given twice")]
    [InlineData("\nmtu: 5", ":2: mtu: '5' is not a whole number from 576 to 65535")]
    [InlineData("mtu: [5]", ":1: mtu: expected one value")]
    [InlineData("- root", ":1: expected lines of the form OPTION: VALUE")]
    [InlineData("root: /a\n---\nrun: /b", "more than one document")]
    [InlineData("root: \"a", "not YAML")]
    public void Mistakes_in_the_file_are_named_with_their_line(string text, string expected)
    {
        File.WriteAllText(_file, text);
        var refusal = Assert.Throws<ConfigurationException>(() => CommandLine.Parse(["--config", _file]));
        Assert.StartsWith(_file, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rot", "--rot: no such option")]
    [InlineData("stray", "'stray' is not an option")]
    [InlineData("--root", "--root: needs a value")]
    [InlineData("--pod-range=10.0.0.1/8", "is not a range")]
    [InlineData("--user-ids=100000:65536", "is not FIRST:COUNT, both multiples of 65536")]
    [InlineData("--user-ids=0:65536", "is not FIRST:COUNT")]
    [InlineData("--user-ids=65536:1000", "is not FIRST:COUNT")]
    [InlineData("--user-ids=65536", "is not FIRST:COUNT")]
    [InlineData("--default-capabilities=CHOWN,CAP_KILL", "\"CAP_KILL\": write it as KILL")]
    [InlineData("--default-capabilities=CHOWN,FLY", "\"FLY\": no such capability")]
    [InlineData("--resource-limits=nofiles=1", "is not limits like nofile=1024:524288")]
    [InlineData("--resource-limits=nofile=2:1", "each once, by one of the names as, core")]
    [InlineData("--resource-limits=core=0,core=1", "is not limits")]
    [InlineData("--resource-limits=core=-1", "is not limits")]
    [InlineData("--back-off-max=5", "is not a duration")]
    [InlineData("--eviction-soft=memory.available<1Gi", "eviction-soft: memory.available needs a time in eviction-soft-grace-period")]
    [InlineData("--eviction-soft-grace-period=memory.available=5", "\"5\" is not a duration above zero")]
    [InlineData("--eviction-minimum-reclaim=memory.available=0", "\"0\" is not an amount above 0")]
    [InlineData("--eviction-max-pod-grace-period=soon", "is not a duration")]
    [InlineData("--log-level=loud", "is not one of trace")]
    [InlineData("--pod-security-enforce=strict", "is not privileged, baseline or restricted")]
    [InlineData("--pod-security-warn=baseline:1.30", "is not privileged, baseline or restricted")]
    [InlineData("--pod-security-exempt=a,,b", "is not names of namespaces")]
    public void Mistakes_on_the_command_line_are_named(string word, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => CommandLine.Parse([word])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_printed_configuration_reads_back_to_the_same()
    {
        var options = CommandLine.Parse(["--root", "/x y", "--group", "adm", "--back-off-max=1h30m", "--pod-range", "10.9.0.0/16", "--user-ids", "131072:6553600", "--pod-security-enforce=baseline:v1.30", "--pod-security-exempt=kube-system,infra", "--default-capabilities", "KILL,NET_RAW", "--resource-limits=nofile=1:unlimited,core=0",
            "--eviction-soft=memory.available<1Gi,nodefs.available<10%", "--eviction-soft-grace-period=memory.available=90s,nodefs.available=5m", "--eviction-minimum-reclaim=memory.available=5%", "--eviction-max-pod-grace-period=none"]).Options;
        File.WriteAllText(_file, HelpText.Config(options));
        var read = CommandLine.Parse(["--config", _file]).Options;
        Assert.Equal(options.ResourceLimits, read.ResourceLimits);
        Assert.Equal(options.Evictions().Thresholds, read.Evictions().Thresholds);
        Assert.Equal(
            options,
            read with
            {
                ResourceLimits = options.ResourceLimits,
                EvictionHard = options.EvictionHard,
                EvictionSoft = options.EvictionSoft,
                EvictionSoftGrace = options.EvictionSoftGrace,
                EvictionReclaim = options.EvictionReclaim,
            });
    }

    [Fact]
    public void Every_option_is_in_the_help()
    {
        var help = HelpText.Help();
        Assert.All(OptionTable.All, o => Assert.Contains($"--{o.Name} {o.Value}", help, StringComparison.Ordinal));
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 110, line));
    }

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    public void Durations_are_read_as_Go_writes_them(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Duration.Parse(text));

    [Fact]
    public void No_time_at_all_is_written_in_seconds() => Assert.Equal("0s", Duration.Format(TimeSpan.Zero));

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("0s")]
    [InlineData("5 m")]
    [InlineData("-5s")]
    [InlineData("1y")]
    public void Other_texts_are_no_durations(string text) => Assert.Throws<FormatException>(() => Duration.Parse(text));

    public void Dispose() => File.Delete(_file);
}
