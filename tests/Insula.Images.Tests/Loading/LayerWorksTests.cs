using Insula.Images.Loading;
using Insula.Images.Store;
using Insula.Images.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Insula.Images.Tests.Loading;

public sealed class LayerWorksTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private const string Registry = "registry.example";

    private readonly FakeTimeProvider _time = new();
    private readonly TemporaryDirectory _temporary = new();
    private readonly StoreFiles _files;
    private readonly LayerWorks _works;
    private int _made;

    public LayerWorksTests()
    {
        _files = new StoreFiles(_temporary["images"]);
        _works = new LayerWorks(_files, s_patience, _time);
    }

    public void Dispose()
    {
        _files.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task What_several_want_is_made_once_and_goes_with_the_last_of_them()
    {
        var gate = new TaskCompletionSource();
        var first = TakeAsync(gate.Task);
        var second = TakeAsync(Task.CompletedTask);
        Assert.False(second.IsCompleted);
        gate.SetResult();
        var (a, b) = (await first, await second);
        Assert.Same(a.Layer, b.Layer);
        Assert.Equal(1, _made);
        a.Dispose();
        a.Dispose(); // once more changes nothing
        Assert.Single(Left());
        b.Dispose();
        Assert.Empty(Left());
        (await TakeAsync(Task.CompletedTask)).Dispose();
        Assert.Equal(2, _made);
    }

    [Fact]
    public async Task The_end_of_the_last_is_told_with_all_that_came()
    {
        List<long> told = [];
        _works.Ended = told.Add;
        Task<LayerUse?> Of(string diff, long bytes) => _works.TakeAsync(
            diff, Registry, null,
            progress =>
            {
                progress.Report(At(bytes));
                return Task.FromResult(Make());
            },
            CancellationToken.None);
        using (await Of("sha256:one", 1000))
        {
            (await Of("sha256:two", 200))!.Dispose();
            Assert.Empty(told);
        }

        (await Of("sha256:one", 30))!.Dispose();
        Assert.Equal([1200, 30], told);
    }

    [Fact]
    public async Task Where_one_fails_the_next_begins_anew()
    {
        var gate = new TaskCompletionSource();
        var first = TakeAsync(gate.Task);
        var second = TakeAsync(Task.CompletedTask);
        gate.SetException(new IOException("broke off"));
        await Assert.ThrowsAsync<IOException>(() => first);
        using var layer = await second;
        Assert.Equal(1, _made);
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_others_alone()
    {
        var gate = new TaskCompletionSource();
        var first = TakeAsync(gate.Task);
        using var end = new CancellationTokenSource();
        var second = TakeAsync(Task.CompletedTask, cancellationToken: end.Token);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.SetResult();
        (await first).Dispose();
        Assert.Empty(Left());
    }

    [Fact]
    public async Task What_is_recorded_meanwhile_is_not_made_again_and_stays()
    {
        using var first = await TakeAsync(Task.CompletedTask);
        _files.KeepLayers([(first.Layer, 7)]);
        using (var second = await TakeAsync(Task.CompletedTask))
        {
            Assert.Same(first.Layer, second.Layer);
        }

        first.Layer.IsLost = true;
        using (var third = await TakeAsync(Task.CompletedTask))
        {
            Assert.NotSame(first.Layer, third.Layer);
        }

        first.Dispose();
        Assert.Empty(Left());
        Assert.True(_files.HasLayer(7));
    }

    [Fact]
    public async Task Who_waits_hears_how_far_it_is_until_it_gives_up()
    {
        var gate = new TaskCompletionSource();
        var (mine, others, later) = (new Heard(), new Heard(), new Heard());
        IProgress<LoadProgress>? told = null;
        var first = _works.TakeAsync("sha256:diff", Registry, mine, async t => { told = t; await gate.Task; return Make(); }, CancellationToken.None);
        told!.Report(At(1));
        using var end = new CancellationTokenSource();
        var second = TakeAsync(Task.CompletedTask, others, end.Token);
        var third = TakeAsync(Task.CompletedTask, later);
        told.Report(At(2));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        told.Report(At(3));
        gate.SetResult();
        using var a = (await first)!;
        using var b = await third;
        Assert.Equal([1, 2, 3], mine.Bytes);
        Assert.Equal([1, 2], others.Bytes);
        Assert.Equal([1, 2, 3], later.Bytes);
    }

    [Fact]
    public async Task Who_has_it_from_elsewhere_waits_as_long_as_it_comes_on()
    {
        var gate = new TaskCompletionSource();
        IProgress<LoadProgress>? told = null;
        var drips = _works.TakeAsync("sha256:diff", Registry, null, async t => { told = t; await gate.Task; return Make(); }, CancellationToken.None);
        var same = TakeAsync(Task.CompletedTask);
        var other = _works.TakeAsync("sha256:diff", "elsewhere", null, _ => throw new InvalidOperationException("it waits"), CancellationToken.None);
        var archive = _works.TakeAsync("sha256:diff", null, null, _ => throw new InvalidOperationException("it waits"), CancellationToken.None);
        told!.Report(At(1 << 20));
        _time.Advance(s_patience);
        await Task.Delay(200); // who would give up wrongly has time to
        Assert.False(other.IsCompleted || archive.IsCompleted);
        told.Report(At((2 << 20) - 1)); // too little
        for (var end = DateTime.UtcNow + s_limit; !(other.IsCompleted && archive.IsCompleted) && DateTime.UtcNow < end; await Task.Delay(10))
        {
            _time.Advance(s_patience);
        }

        Assert.Null(await other.WaitAsync(s_limit));
        Assert.Null(await archive.WaitAsync(s_limit));
        Assert.False(same.IsCompleted);
        gate.SetResult();
        (await drips)!.Dispose();
        (await same).Dispose();
        Assert.Equal(1, _made);
        Assert.Empty(Left());
    }

    private static LoadProgress At(long bytes) => new(LoadStep.Fetching, "sha256:diff", bytes, 3);

    private async Task<LayerUse> TakeAsync(Task until, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) => (await _works.TakeAsync(
        "sha256:diff",
        Registry,
        progress,
        async _ =>
        {
            await until;
            return Make();
        },
        cancellationToken))!;

    private UnpackedLayer Make()
    {
        _made++;
        var name = _files.TemporaryName();
        return new UnpackedLayer(new LayerRecord { Number = 0, DiffId = "sha256:diff", Size = 0 }, name, _files.MakeTemporary(name), HasSkeleton: false, []);
    }

    private string[] Left() => Directory.GetFileSystemEntries(Path.Combine(_temporary["images"], "tmp"));

    private sealed class Heard : IProgress<LoadProgress>
    {
        public List<long> Bytes { get; } = [];

        public void Report(LoadProgress value) => Bytes.Add(value.Bytes);
    }
}
