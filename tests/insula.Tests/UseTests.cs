using System.Text.Json.Nodes;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

/// <summary>How the use of resources is shown.</summary>
public sealed class UseTests
{
    private const string Busy =
        """
        {"cpu":{"usageNanoCores":49500001,"limitNanoCores":50000000,"periods":1204,"throttledPeriods":1108,"throttledNanoSeconds":62345000000},
         "memory":{"workingSetBytes":3145728,"limitBytes":16777216,"oomKills":2},"pids":{"current":3,"limit":256}}
        """;

    private const string Calm =
        """{"cpu":{"usageNanoCores":0,"limitNanoCores":2000000000,"periods":10,"throttledPeriods":0},"memory":{"workingSetBytes":1048575,"oomKills":0},"pids":{"current":1}}""";

    private const string Unlimited = """{"cpu":{"usageNanoCores":1250000000},"memory":{"workingSetBytes":104857600,"oomKills":1},"pids":{"current":9}}""";

    [Theory]
    [InlineData(Busy, "50m of 50m, throttled in 92% of 1204 periods (62.3 s)", "3Mi of 16Mi, 2 processes killed for want of it", "3 of 256")]
    [InlineData(Calm, "0m of 2000m", "1023Ki", "1")]
    [InlineData(Unlimited, "1250m", "100Mi, 1 process killed for want of it", "9")]
    [InlineData("{}", "<unknown>", "<unknown>", "<unknown>")]
    public void Use_in_words(string json, string cpu, string memory, string pids)
    {
        var use = new Use(JsonNode.Parse(json));
        Assert.Equal((cpu, memory, pids), (use.CpuInWords(), use.MemoryInWords(), use.Pids));
    }

    [Theory]
    [InlineData("""{"cpu":{"limitNanoCores":1,"periods":1000,"throttledPeriods":1}}""", "<1%")]
    [InlineData("""{"cpu":{"limitNanoCores":1,"periods":3,"throttledPeriods":3}}""", "100%")]
    [InlineData("""{"cpu":{"limitNanoCores":1,"periods":0,"throttledPeriods":0}}""", "<none>")]
    [InlineData("""{"cpu":{"periods":0,"throttledPeriods":0}}""", "<none>")]
    public void Shares_of_periods(string json, string shown) => Assert.Equal(shown, Use.Percent(new Use(JsonNode.Parse(json)).Throttled));

    [Fact]
    public void Pods_are_listed_by_name_or_by_what_they_use()
    {
        Assert.Equal("NAME    CPU(cores)   MEMORY(bytes)\nbusy    50m          3Mi\nlarge   1250m        100Mi\n", Table(false, false, false, null));
        Assert.Equal(["NAME", "large", "busy"], FirstWords(Table(false, false, false, "cpu")));
        Assert.Equal(["NAME", "large", "busy"], FirstWords(Table(false, false, false, "memory")));
    }

    [Fact]
    public void Containers_and_namespaces_have_columns()
    {
        Assert.Equal(
            "NAMESPACE   POD     NAME   CPU(cores)   MEMORY(bytes)\nns          busy    web    50m          3Mi\nns          busy    peer   0m           1023Ki\n"
            + "ns          large   main   1250m        100Mi\n",
            Table(true, true, false, null));
        var lines = Table(false, false, true, null).Split('\n');
        Assert.Equal("NAME    CPU(cores)   MEMORY(bytes)   CPU LIMIT   THROTTLED   MEMORY LIMIT   PIDS       OOM KILLS", lines[0]);
        Assert.Equal("busy    50m          3Mi             50m         92%         16Mi           3 of 256   2", lines[1]);
        Assert.Equal("large   1250m        100Mi           <none>      <none>      <none>         9          1", lines[2]);
    }

    [Fact]
    public void A_description_says_that_a_container_is_throttled()
    {
        var pod = JsonNode.Parse("""{"metadata":{"name":"busy"},"spec":{"containers":[{"name":"web"},{"name":"peer"},{"name":"ended"}]}}""")!.AsObject();
        using var output = new StringWriter();
        PodDescription.Write(new Outline(output), pod, Pods()[0]);
        Assert.Equal(
            ["Processes:         3 of 256", "CPU:               50m of 50m, throttled in 92% of 1204 periods (62.3 s)", "CPU:               0m of 2000m"],
            output.ToString().Split('\n').Where(line => line.StartsWith("Processes:", StringComparison.Ordinal) || line.Contains("CPU:", StringComparison.Ordinal)).Select(line => line.Trim()));
    }

    private static JsonObject[] Pods() =>
    [
        JsonNode.Parse($$$"""{"metadata":{"name":"busy","namespace":"ns"},"pod":{{{Busy}}},"containers":[{"name":"web",{{{Busy[1..]}}},{"name":"peer",{{{Calm[1..]}}}]}""")!.AsObject(),
        JsonNode.Parse("""{"metadata":{"name":"ended","namespace":"ns"},"containers":[]}""")!.AsObject(),
        JsonNode.Parse($$$"""{"metadata":{"name":"large","namespace":"ns"},"pod":{{{Unlimited}}},"containers":[{"name":"main",{{{Unlimited[1..]}}}]}""")!.AsObject(),
    ];

    private static string Table(bool withNamespace, bool byContainer, bool wide, string? sortBy)
    {
        var table = new UseTable(withNamespace, byContainer, wide);
        table.Add(Pods(), sortBy);
        using var output = new StringWriter();
        table.WriteTo(output, withHeaders: true);
        return output.ToString();
    }

    private static IEnumerable<string> FirstWords(string table) =>
        table.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')[0]);
}
