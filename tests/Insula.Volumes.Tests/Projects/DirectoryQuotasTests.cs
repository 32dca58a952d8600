using Insula.Linux.Files;
using Insula.Volumes.Projects;

namespace Insula.Volumes.Tests.Projects;

public sealed class DirectoryQuotasTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("insula-quotas-").FullName;
    private readonly FakeProjects _kernel = new();
    private readonly HashSet<uint> _named = [];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_directory_gets_a_project_of_its_own_once_and_a_limit_that_follows()
    {
        var quotas = Open();
        var first = Limit(quotas, "volumes/a", 4096);
        var second = Limit(quotas, "volumes/b", 8192);
        Assert.NotEqual(first, second);
        Assert.Equal(first, Limit(quotas, "volumes/a", 12_288));
        Assert.Equal((12_288, 8192), (_kernel.Limits[first!.Value], _kernel.Limits[second!.Value]));
        _kernel.Used[first.Value] = 777;
        Assert.Equal(777, Used(quotas, "volumes/a"));
        Assert.Null(Used(quotas, "volumes/none"));
    }

    [Fact]
    public void Numbers_begin_where_a_kubelet_s_do_and_leave_out_those_that_others_have()
    {
        var first = Limit(Open(), "volumes/a", 1)!.Value;
        Assert.True(first >= 1_048_577);
        _named.Add(first + 1);
        _kernel.Foreign.Add(first + 2);
        _kernel.Limits[first + 3] = 5;
        Assert.Equal(first + 4, Limit(Open(), "volumes/b", 1));
    }

    [Fact]
    public void Instances_begin_at_different_places() =>
        Assert.NotEqual(Limit(Open("a1b2c3"), "volumes/a", 1), Limit(Open("d4e5f6"), "volumes/b", 1));

    [Fact]
    public void What_has_something_in_it_already_is_not_limited_and_what_an_administrator_has_limited_stays_his()
    {
        var quotas = Open();
        File.WriteAllText(Path.Combine(Made("volumes/full"), "f"), "x");
        Assert.Null(Limit(quotas, "volumes/full", 1));
        using (var directory = Directories.Open(Made("volumes/his")))
        {
            _kernel.Give(directory, 42);
        }

        Assert.Null(Limit(quotas, "volumes/his", 1));
        Assert.Empty(_kernel.Limits);
        Assert.Null(Used(quotas, "volumes/his"));
    }

    [Fact]
    public void What_is_removed_gives_its_project_back_and_the_others_keep_theirs()
    {
        var quotas = Open();
        var gone = Limit(quotas, "volumes/a", 1)!.Value;
        var stays = Limit(quotas, "volumes/b", 1)!.Value;
        quotas.Removing([Path.Combine(_root, "volumes")], () => Directory.Delete(Path.Combine(_root, "volumes/a")));
        Assert.Equal([stays], _kernel.Limits.Keys);
        Assert.Equal([$"{stays}"], Records());
        Assert.Equal(gone, Limit(quotas, "volumes/c", 1));
    }

    [Fact]
    public void What_a_daemon_has_died_with_is_given_back_by_the_next_one_and_what_is_borne_is_kept()
    {
        var quotas = Open();
        var volume = Limit(quotas, "volumes/a", 1)!.Value;
        var ofPod = Limit(quotas, "pods/uid/volumes/cache", 1)!.Value;
        var logs = Limit(quotas, "pods/uid/logs/web", 1)!.Value;
        var lost = Limit(quotas, "pods/other/volumes/cache", 1)!.Value;
        Directory.Delete(Path.Combine(_root, "pods/other"), recursive: true);

        // Recorded, and then nothing of it came to be.
        File.WriteAllText(Path.Combine(_root, "projects", $"{lost + 7}"), "");
        var next = Open();
        Assert.Equal(new[] { volume, ofPod, logs }.Order(), _kernel.Limits.Keys.Order());
        Assert.Equal(new[] { volume, ofPod, logs }.Select(p => $"{p}").Order(StringComparer.Ordinal), Records());
        Assert.Equal(volume, Limit(next, "volumes/a", 9000));
        Assert.Equal(9000, _kernel.Limits[volume]);
    }

    [Fact]
    public void Where_there_are_none_nothing_is_done()
    {
        var quotas = new DirectoryQuotas(_root, "", "it has none", _kernel, () => _named);
        Assert.Null(Limit(quotas, "volumes/a", 1));
        Assert.Null(Used(quotas, "volumes/a"));
        var removed = false;
        quotas.Removing([Path.Combine(_root, "volumes")], () => removed = true);
        Assert.True(removed);
        Assert.False(Directory.Exists(Path.Combine(_root, "projects")));
    }

    [Fact]
    public void An_administrator_s_files_are_read_and_what_is_none_in_them_is_passed_over()
    {
        File.WriteAllText(Path.Combine(_root, "projects"), "42:/srv/a\n# a comment\nx:/srv\n 43 :/srv/b\n");
        File.WriteAllText(Path.Combine(_root, "projid"), "web:44\nbad\ndb:-1\n");
        Assert.Equal([42u, 43u, 44u], ProjectNames.Read(_root).Order());
        Assert.Empty(ProjectNames.Read(Path.Combine(_root, "missing")));
    }

    /// <summary>What tells here whether there are quotas is the kernel; both are right, and a reason is a sentence's end.</summary>
    [Fact]
    public void The_kernel_says_whether_there_are_any()
    {
        var quotas = DirectoryQuotas.Open(_root, "");
        Assert.True(quotas.Lack is null || quotas.Lack.StartsWith("it ", StringComparison.Ordinal), quotas.Lack);
    }

    private DirectoryQuotas Open(string tag = "") => new(_root, tag, null, _kernel, () => _named);

    private string Made(string directory) => Directory.CreateDirectory(Path.Combine(_root, directory)).FullName;

    private IEnumerable<string?> Records() => Directory.GetFiles(Path.Combine(_root, "projects")).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private uint? Limit(DirectoryQuotas quotas, string path, long bytes)
    {
        using var directory = Directories.Open(Made(path));
        return quotas.Limit(directory, bytes);
    }

    private long? Used(DirectoryQuotas quotas, string path)
    {
        using var directory = Directories.Open(Made(path));
        return quotas.Used(directory);
    }
}
