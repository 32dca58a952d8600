using Insula.Images.Formats;
using Insula.Images.Loading;
using Insula.Images.Store;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Loading;

public sealed class LayerLoaderTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _temporary = new();
    private readonly StoreFiles _files;
    private readonly LayerWorks _works;
    private readonly GatedBlobs _blobs = new();

    public LayerLoaderTests()
    {
        _files = new StoreFiles(_temporary["images"]);
        _works = new LayerWorks(_files, s_limit, TimeProvider.System);
    }

    public void Dispose()
    {
        _files.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task A_layer_is_unpacked_before_those_below_it_are_there_and_finished_after()
    {
        using var loader = Loader();
        var staging = loader.StageAsync(Plan(new TarBuilder().Directory("d", mode: 0x1C9), new TarBuilder().File("d/inside", "i")));
        _blobs.Open(1);
        Assert.True(SpinWait.SpinUntil(() => Left("inside") is [var file] && new FileInfo(file).Length == 1, s_limit));
        Assert.False(staging.IsCompleted);
        _blobs.Open(0);
        var staged = await staging.WaitAsync(s_limit);
        Assert.Equal((UnixFileMode)0x1C9, File.GetUnixFileMode(Path.GetDirectoryName(Assert.Single(Left("inside")))!));
        Assert.NotNull(staged[1].Record.ChainId);
    }

    [Fact]
    public async Task Of_a_tall_image_some_layers_are_unpacked_at_a_time()
    {
        using var loader = Loader();
        var staging = loader.StageAsync(Plan(Enumerable.Range(0, 12).Select(i => new TarBuilder().File($"f{i}", "f")).ToArray()));
        Assert.True(SpinWait.SpinUntil(() => _blobs.MostAtOnce == LayerLoader.AtOnce, s_limit));
        for (var i = 11; i >= 0; i--)
        {
            _blobs.Open(i);
        }

        Assert.Equal(12, (await staging.WaitAsync(s_limit)).Count);
        Assert.Equal(LayerLoader.AtOnce, _blobs.MostAtOnce);
    }

    [Fact]
    public async Task Where_a_lower_layer_fails_what_was_unpacked_upon_it_goes()
    {
        using var loader = Loader();
        var staging = loader.StageAsync(Plan(new TarBuilder().File("below"), new TarBuilder().File("d/inside", "i")));
        _blobs.Open(1);
        Assert.True(SpinWait.SpinUntil(() => Left("inside").Length == 1, s_limit));
        _blobs.Open(0, new ImageException(ImageError.Registry, "gone"));
        Assert.Equal("gone", (await Assert.ThrowsAsync<ImageException>(() => staging.WaitAsync(s_limit))).Message);
        Assert.Empty(Left("*"));
    }

    private LayerLoader Loader() =>
        new(Stores.Options(_temporary["images"]), _files, () => StoreIndex.Empty, _works, _blobs, null, CancellationToken.None);

    private string[] Left(string name) => Directory.GetFileSystemEntries(Path.Combine(_temporary["images"], "tmp"), name, SearchOption.AllDirectories);

    private ImagePlan Plan(params TarBuilder[] layers)
    {
        var plans = layers.Select((l, i) => new LayerPlan($"{i}", ImageBuilder.Digest(_blobs.Add(l.Build())), null, null)).ToList();
        return new ImagePlan { Names = [], Id = "sha256:id", ConfigurationDocument = [], Configuration = new OciImageConfiguration(), Layers = plans };
    }

    /// <summary>Gives each layer when it is let.</summary>
    private sealed class GatedBlobs : IBlobs
    {
        private readonly List<(byte[] Content, TaskCompletionSource Gate)> _layers = [];
        private int _reading;

        public string Description => "the test";

        public int MostAtOnce { get; private set; }

        public byte[] Add(byte[] content)
        {
            _layers.Add((content, new TaskCompletionSource()));
            return content;
        }

        public void Open(int layer, Exception? failure = null) => _ = failure is null ? _layers[layer].Gate.TrySetResult() : _layers[layer].Gate.TrySetException(failure);

        public Stream? Open(string path) => throw new NotSupportedException();

        public LayerArrival Fetch(LayerPlan layer, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
        {
            var (content, gate) = _layers[int.Parse(layer.Path, System.Globalization.CultureInfo.InvariantCulture)];
            return new LayerArrival(new Gated(this, content, gate.Task), gate.Task);
        }

        public void Dispose()
        {
        }

        private sealed class Gated(GatedBlobs blobs, byte[] content, Task gate) : MemoryStream(content)
        {
            private bool _isRead;

            public override int Read(byte[] buffer, int offset, int count)
            {
                if (!_isRead)
                {
                    _isRead = true;
                    lock (blobs)
                    {
                        blobs.MostAtOnce = Math.Max(blobs.MostAtOnce, ++blobs._reading);
                    }
                }

                gate.GetAwaiter().GetResult();
                return base.Read(buffer, offset, count);
            }

            protected override void Dispose(bool disposing)
            {
                if (_isRead)
                {
                    _isRead = false;
                    lock (blobs)
                    {
                        blobs._reading--;
                    }
                }

                base.Dispose(disposing);
            }
        }
    }
}
