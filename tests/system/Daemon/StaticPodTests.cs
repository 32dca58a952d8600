using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>Pods of a manifest directory.</summary>
public sealed class StaticPodTests : IAsyncLifetime
{
    private Instance _insula = null!;
    private string _directory = "";

    public async ValueTask InitializeAsync()
    {
        _directory = Path.Combine(Directory.CreateTempSubdirectory("insula-static-").FullName, "manifests");
        Directory.CreateDirectory(_directory);
        _insula = await Instance.StartAsync($"static-pods: {_directory}\nnode-name: here\n", "busybox");
    }

    public async ValueTask DisposeAsync()
    {
        // They would come back.
        foreach (var file in Directory.Exists(_directory) ? Directory.GetFileSystemEntries(_directory) : [])
        {
            if (!Directory.Exists(file))
            {
                File.Delete(file);
            }
        }

        await _insula.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_directory)!, recursive: true);
    }

    [Fact]
    public async Task A_file_that_comes_changes_and_goes_is_a_pod_that_does()
    {
        var clock = Stopwatch.StartNew();
        await WriteAsync("web.yaml", Pod("web", "first"));
        await Eventually.TrueAsync(async () => await FindAsync("web-here") is not null, "the pod is there");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"made after {clock.Elapsed}: by the look of every 20 s, not by the event");
        var pod = await _insula.WaitForReadyAsync("web-here");
        Assert.Equal("file", (string?)pod["metadata"]!["annotations"]!["kubernetes.io/config.source"]);
        Assert.Equal((string?)pod["metadata"]!["annotations"]!["kubernetes.io/config.hash"], (string?)pod["metadata"]!["annotations"]!["kubernetes.io/config.mirror"]);
        var process = Processes.MainOf(_insula, pod, "main");

        // The same said otherwise is the same.
        await WriteAsync("web.yaml", "# a remark\n" + Pod("web", "first"));
        await WriteAsync("other.yaml", Pod("other", "other"));
        await _insula.WaitForReadyAsync("other-here");
        Assert.Equal(process, Processes.MainOf(_insula, (await FindAsync("web-here"))!, "main"));

        await WriteAsync("web.yaml", Pod("web", "second"));
        var changed = await _insula.WaitForPodAsync("web-here", p => Pods.Uid(p) != Pods.Uid(pod) && Pods.IsReady(p), "made anew");
        Assert.Equal("second", (string?)changed["metadata"]!["labels"]!["mark"]);
        Assert.False(Directory.Exists($"/proc/{process}"));

        File.Delete(Path.Combine(_directory, "web.yaml"));
        await Eventually.TrueAsync(async () => await FindAsync("web-here") is null, "it is gone");
        Assert.NotNull(await FindAsync("other-here"));
    }

    [Fact]
    public async Task What_cannot_be_taken_is_said_and_hurts_nobody()
    {
        await WriteAsync("good.yaml", Pod("good", "a"));
        var good = await _insula.WaitForReadyAsync("good-here");
        await WriteAsync("broken.yaml", "kind: [");
        await WriteAsync("wrong.yaml", Pod("wrong", "a").Replace("\"image\"", "\"imagee\"", StringComparison.Ordinal));
        await WriteAsync("config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n");
        await WriteAsync("twice.yaml", Pod("good", "b"));
        await WriteAsync("nowhere.yaml", Pod("nowhere", "a").Replace("\"name\":\"nowhere\"", "\"name\":\"nowhere\",\"namespace\":\"nowhere\"", StringComparison.Ordinal));
        await WriteAsync("notes.txt", "none of ours");
        File.CreateSymbolicLink(Path.Combine(_directory, "void.yaml"), "/nowhere");
        (await Commands.RunAsync("mkfifo", [Path.Combine(_directory, "fifo.yaml")])).Succeeded();
        Directory.CreateDirectory(Path.Combine(_directory, "sub.yaml"));
        foreach (var said in (string[])["broken.yaml: ", "wrong.yaml: ", "config.yaml: ", "twice.yaml: the pod default/good-here is in good.yaml already", "nowhere.yaml: ", "void.yaml: it is a link to nothing", "fifo.yaml: it is no regular file"])
        {
            await Eventually.TrueAsync(() => _insula.DaemonLog.Contains(said, StringComparison.Ordinal), $"the log says {said}");
            await Eventually.TrueAsync(async () => (await _insula.CliAsync("events")).Output.Contains(said, StringComparison.Ordinal), $"an event says {said}");
        }

        // What was good goes on while its file is not.
        await WriteAsync("good.yaml", "kind: [");
        await Eventually.TrueAsync(() => _insula.DaemonLog.Contains("good.yaml: ", StringComparison.Ordinal), "the log says it");
        await _insula.KillDaemonAsync();
        const string Told = "twice.yaml: the pod default/good-here is in good.yaml already";
        var told = _insula.DaemonLog.Split(Told).Length;
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(() => _insula.DaemonLog.Split(Told).Length > told, "the new daemon leaves the pod to the file that it is from");
        Assert.Equal(Pods.Uid(good), Pods.Uid((await FindAsync("good-here"))!));
        Assert.Equal("True", Pods.Condition((await FindAsync("good-here"))!, "Ready"));

        // A namespace that comes is reason enough to look again.
        await _insula.ApplyAsync("apiVersion: v1\nkind: Namespace\nmetadata: {name: nowhere}\n");
        await _insula.WaitForReadyAsync("nowhere-here", "nowhere");
    }

    [Fact]
    public async Task Half_a_file_is_no_manifest()
    {
        var whole = "apiVersion: v1\nkind: Pod\nmetadata: {name: half, labels: {mark: a}}\nspec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, '3600']}]}\n";
        var path = Path.Combine(_directory, "half.yaml");
        await using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 1))
        {
            await file.WriteAsync("apiVersion: v1\nkind: Pod\n"u8.ToArray());
            await WriteAsync("other.yaml", Pod("other", "a"));
            await Eventually.TrueAsync(
                async () =>
                {
                    // Still being written: a file that rests for a second counts, and on a busy machine a second is soon over.
                    await file.WriteAsync("# more is coming\n"u8.ToArray());
                    return await FindAsync("other-here") is not null;
                },
                "another is not kept waiting");
            Assert.DoesNotContain("half.yaml", _insula.DaemonLog, StringComparison.Ordinal);
            await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(whole["apiVersion: v1\nkind: Pod\n".Length..]));
        }

        await _insula.WaitForReadyAsync("half-here");
        Assert.DoesNotContain("half.yaml: ", _insula.DaemonLog, StringComparison.Ordinal);

        // Written beside it and renamed over it, as editors do.
        await WriteAsync(".half.yaml.new", whole.Replace("mark: a", "mark: b", StringComparison.Ordinal));
        File.Move(Path.Combine(_directory, ".half.yaml.new"), path, overwrite: true);
        await _insula.WaitForPodAsync("half-here", p => (string?)p["metadata"]!["labels"]!["mark"] == "b" && Pods.IsReady(p), "made anew");
    }

    [Fact]
    public async Task It_can_be_deleted_but_comes_back_and_is_not_to_be_changed()
    {
        await WriteAsync("web.yaml", Pod("web", "a"));
        var pod = await _insula.WaitForReadyAsync("web-here");
        var refused = await _insula.CliAsync("label", "pod", "web-here", "mark=b", "--overwrite");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("static pod", refused.Error, StringComparison.Ordinal);
        (await _insula.CliAsync("delete", "pod", "web-here")).Succeeded();
        var back = await _insula.WaitForReadyAsync("web-here");
        Assert.NotEqual(Pods.Uid(pod), Pods.Uid(back));

        // No annotation makes a pod one of these.
        await _insula.ApplyAsync(Manifests.Pod("posing", Manifests.Forever, metadata: new
        {
            annotations = new Dictionary<string, string> { ["kubernetes.io/config.source"] = "file", ["kubernetes.io/config.hash"] = "0123" },
        }));
        await _insula.WaitForReadyAsync("posing");
        await WriteAsync("more.yaml", Pod("more", "a"));
        await _insula.WaitForReadyAsync("more-here");
        Assert.Null((await FindAsync("posing"))!["metadata"]!["deletionTimestamp"]);
        (await _insula.CliAsync("label", "pod", "posing", "mark=b")).Succeeded();
    }

    [Fact]
    public async Task Another_daemon_adopts_what_is_unchanged_and_ends_what_is_gone()
    {
        await WriteAsync("stays.yaml", Pod("stays", "a"));
        await WriteAsync("changes.yaml", Pod("changes", "a"));
        await WriteAsync("goes.yaml", Pod("goes", "a"));
        var stays = await _insula.WaitForReadyAsync("stays-here");
        var changes = await _insula.WaitForReadyAsync("changes-here");
        await _insula.WaitForReadyAsync("goes-here");
        var process = Processes.MainOf(_insula, stays, "main");
        await _insula.KillDaemonAsync();
        File.Delete(Path.Combine(_directory, "goes.yaml"));
        await WriteAsync("changes.yaml", Pod("changes", "b"));
        await WriteAsync("comes.yaml", Pod("comes", "a"));
        await _insula.StartDaemonAsync();
        await _insula.WaitForReadyAsync("comes-here");
        await Eventually.TrueAsync(async () => await FindAsync("goes-here") is null, "what was removed meanwhile is gone");
        await _insula.WaitForPodAsync("changes-here", p => Pods.Uid(p) != Pods.Uid(changes) && Pods.IsReady(p), "made anew");
        Assert.Equal(process, Processes.MainOf(_insula, (await FindAsync("stays-here"))!, "main"));

        // Without the option there are none.
        await _insula.KillDaemonAsync();
        _insula.Config = "node-name: here\n";
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(async () => await FindAsync("stays-here") is null, "ended");
    }

    [Fact]
    public async Task The_directory_may_be_missing_replaced_or_full_of_links()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(_directory)!, "elsewhere")).FullName;
        await File.WriteAllTextAsync(Path.Combine(elsewhere, "linked"), Pod("linked", "a"));
        File.CreateSymbolicLink(Path.Combine(_directory, "linked.yaml"), Path.Combine(elsewhere, "linked"));
        await _insula.WaitForReadyAsync("linked-here");
        await File.WriteAllTextAsync(Path.Combine(elsewhere, "linked"), Pod("linked", "b"));
        var linked = await _insula.WaitForPodAsync("linked-here", p => (string?)p["metadata"]!["labels"]!["mark"] == "b" && Pods.IsReady(p), "what a link leads to has changed");

        // Another directory in its place, with the same pod: nothing happens to that.
        Directory.CreateDirectory(_directory + ".new");
        File.Copy(Path.Combine(elsewhere, "linked"), Path.Combine(_directory + ".new", "linked.yaml"));
        await File.WriteAllTextAsync(Path.Combine(_directory + ".new", "new.yaml"), Pod("new", "a"));
        Directory.Move(_directory, _directory + ".old");
        Directory.Move(_directory + ".new", _directory);
        await _insula.WaitForReadyAsync("new-here");
        Assert.Equal(Pods.Uid(linked), Pods.Uid((await FindAsync("linked-here"))!));

        Directory.Delete(_directory, recursive: true);
        await Eventually.TrueAsync(async () => await FindAsync("new-here") is null && await FindAsync("linked-here") is null, "no directory, no pods");
        Directory.CreateDirectory(_directory);
        await WriteAsync("again.yaml", Pod("again", "a"));
        await _insula.WaitForReadyAsync("again-here");

        // A link in its place, which leads elsewhere then.
        await File.WriteAllTextAsync(Path.Combine(elsewhere, "other.yaml"), Pod("other", "a"));
        Directory.Move(_directory, _directory + ".real");
        File.CreateSymbolicLink(_directory, elsewhere);
        await _insula.WaitForReadyAsync("other-here");
        await Eventually.TrueAsync(async () => await FindAsync("again-here") is null, "the link leads elsewhere");
    }

    [Fact]
    public async Task A_file_that_everybody_may_write_is_refused()
    {
        await WriteAsync("open.yaml", Pod("open", "a"));
        await _insula.WaitForReadyAsync("open-here");
        await WriteAsync("wide.yaml", Pod("wide", "a"));
        await _insula.WaitForReadyAsync("wide-here");
        File.SetUnixFileMode(Path.Combine(_directory, "wide.yaml"), (UnixFileMode)0b110_110_110);
        await Eventually.TrueAsync(() => _insula.DaemonLog.Contains("wide.yaml: it or the directory is writable by everybody", StringComparison.Ordinal), "refused");
    }

    // The mark is a label, so that it is seen; the image and the rest are the same.
    private static string Pod(string name, string mark) =>
        Manifests.Pod(name, Manifests.Forever, metadata: new { labels = new { mark } });

    private Task<JsonNode?> FindAsync(string name) => _insula.Api.FindPodAsync(name);

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_directory, file), text);
}
