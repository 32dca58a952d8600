using Insula.Api.Documentation;
using Insula.Tests.Shared;

namespace Insula.Api.Tests.Documentation;

/// <summary>docs/manifest.md is what the code says; <c>make docs</c> writes it anew.</summary>
public sealed class ManifestPageTests
{
    [Fact]
    public void The_page_of_fields_and_kinds_is_made_from_the_table()
    {
        var page = Path.Combine(RepositoryRoot.Find(), "docs", "manifest.md");
        var now = PodFieldDocs.Markdown();
        if (Environment.GetEnvironmentVariable("INSULA_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, now);
        }

        Assert.True(File.Exists(page) && File.ReadAllText(page) == now, "docs/manifest.md is not what the code says: run `make docs`");
    }
}
