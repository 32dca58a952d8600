using Insula.Api.Documentation;

namespace Insula.Api.Tests.Documentation;

/// <summary>docs/manifest.md is what the code says; <c>make docs</c> writes it anew.</summary>
public sealed class ManifestPageTests
{
    [Fact]
    public void The_page_of_fields_and_kinds_is_made_from_the_table()
    {
        var page = Path.Combine(Root(), "docs", "manifest.md");
        var now = PodFieldDocs.Markdown();
        if (Environment.GetEnvironmentVariable("INSULA_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, now);
        }

        Assert.True(File.Exists(page) && File.ReadAllText(page) == now, "docs/manifest.md is not what the code says: run `make docs`");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("no Runtime.sln above the test program");
    }
}
