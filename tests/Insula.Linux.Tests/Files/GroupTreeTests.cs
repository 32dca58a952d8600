using System.Text;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Linux.Tests.Files;

public sealed class GroupTreeTests : IDisposable
{
    private const uint Group = 0x1B0;

    private readonly TemporaryDirectory _directory = new();
    private readonly uint _own;

    public GroupTreeTests() => _own = Entries.Status(_directory.Descriptor).Gid;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_and_directories_get_the_group_s_bits_and_keep_the_rest()
    {
        Make("a/b");
        Write("a/plain", 0x180);
        Write("a/run", 0x1C0);
        Write("a/setuid", 0x800 | 0x1ED);
        Write("a/done", 0x1B4);
        GroupTree.Change(_directory.Descriptor, _own, default);
        Assert.Equal(0x400u | 0x1F8, Mode("") & 0x5F8);
        Assert.Equal(0x400u | 0x1F8, Mode("a/b") & 0x5F8);
        Assert.Equal(0x180u | Group, Mode("a/plain"));
        Assert.Equal(0x1C0u | Group, Mode("a/run"));
        Assert.Equal(0x800u | 0x1ED | Group, Mode("a/setuid"));
        Assert.Equal(0x1B4u, Mode("a/done"));
        Assert.False(GroupTree.IsMismatch(_directory.Descriptor, _own));
        Assert.True(GroupTree.IsMismatch(_directory.Descriptor, _own + 1));
    }

    [Fact]
    public void Half_a_change_is_a_mismatch_and_a_root_without_the_bits_too()
    {
        Make("tree/below");
        using var tree = Directories.OpenChild(_directory.Descriptor, "tree");
        Entries.ChangeMode(tree, 0x1FF);
        Assert.True(GroupTree.IsMismatch(tree, _own));
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => GroupTree.Change(tree, _own, stopped.Token));
        Assert.True(GroupTree.IsMismatch(tree, _own));
        Entries.ChangeMode(tree, GroupTree.RootMode(0x1FF));
        Assert.False(GroupTree.IsMismatch(tree, _own));
    }

    [Fact]
    public void Links_lead_nowhere()
    {
        var outside = Directory.CreateTempSubdirectory("insula-outside-");
        try
        {
            var file = Path.Combine(outside.FullName, "kept");
            File.WriteAllText(file, "");
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
            Make("tree");
            File.CreateSymbolicLink(At("tree/file"), file);
            File.CreateSymbolicLink(At("tree/directory"), outside.FullName);
            File.CreateSymbolicLink(At("tree/up"), "..");
            File.CreateSymbolicLink(At("tree/dangling"), "/no/such/thing");
            File.CreateSymbolicLink(At("tree/proc"), "/proc/self/root");
            using var tree = Directories.OpenChild(_directory.Descriptor, "tree");
            GroupTree.Change(tree, _own, default);
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(file));
            Assert.Equal(0u, (uint)File.GetUnixFileMode(outside.FullName) & 0x400);
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_pipe_is_not_opened_and_names_need_not_be_text()
    {
        Entries.MakeNode(_directory.Descriptor, "pipe", sys_stat.S_IFIFO | 0x180, 0, 0);
        using (Descriptor.OpenAt(_directory.Descriptor, "\u00ff\n\u001b[2J", fcntl.O_CREAT | fcntl.O_WRONLY, 0x180))
        {
        }

        GroupTree.Change(_directory.Descriptor, _own, default);
        Assert.Equal(0x180u | Group, Mode("pipe"));
    }

    [Fact]
    public void A_tree_deeper_than_descriptors_and_paths_allow_is_changed()
    {
        const int Depth = 3000;
        var at = Directories.Ensure(_directory.Descriptor, "deep");
        for (var i = 0; i < Depth; i++)
        {
            var next = Directories.Ensure(at, "d");
            at.Dispose();
            at = next;
        }

        using (at)
        {
            GroupTree.Change(_directory.Descriptor, _own, default);
            Assert.False(GroupTree.IsMismatch(at, _own));
        }

        RemoveTree.Remove(_directory.Descriptor, "deep");
    }

    [Fact]
    public void A_wide_directory_is_changed_completely()
    {
        const int Files = 3000;
        for (var i = 0; i < Files; i++)
        {
            Make($"wide-{i % 3}");
            Write($"wide-{i % 3}/{i}", 0x180);
        }

        GroupTree.Change(_directory.Descriptor, _own, default);
        Assert.Equal(Files, Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories).Count(f => ((uint)File.GetUnixFileMode(f) & Group) == Group));
    }

    private string At(string path) => Path.Combine(_directory.Path, path);

    private void Make(string path) => Directory.CreateDirectory(At(path));

    private void Write(string path, uint mode)
    {
        File.WriteAllText(At(path), "");
        File.SetUnixFileMode(At(path), (UnixFileMode)mode);
    }

    private uint Mode(string path) => (uint)File.GetUnixFileMode(At(path));
}
