using Insula.Cli.Client;
using Insula.Cli.Commands;

namespace Insula.Cli.Tests;

public sealed class MetadataTests
{
    [Fact]
    public void Words_are_objects_entries_and_removals()
    {
        var (what, changes) = MetadataCommand.Split(["pod", "a-b", "tier=front", "note=a = b", "empty=", "gone-"]);
        Assert.Equal(["pod", "a-b"], what);
        Assert.Equal([("tier", "front"), ("note", "a = b"), ("empty", ""), ("gone", (string?)null)], changes);
        Assert.Throws<CommandException>(() => MetadataCommand.Split(["pod", "a"]));
    }
}
