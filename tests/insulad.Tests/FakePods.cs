using System.Collections.Concurrent;
using Insula.Pods;
using Insula.Pods.Streaming;

namespace Insulad.Tests;

/// <summary>Pods that run nothing: logs are files of the test's, exec is a script of the test's.</summary>
internal sealed class FakePods : IPodService
{
    public ConcurrentDictionary<(string Uid, string Container, bool Previous), PodLogFiles> Logs { get; } = new();

    public Func<PodExecRequest, FakeExec> Exec { get; set; } = _ => throw new PodRequestException("BadRequest", "the container is not running");

    public Task<PodExec> ExecAsync(PodExecRequest request, CancellationToken cancellationToken) => Task.FromResult<PodExec>(Exec(request));

    public PodLogFiles? LogFiles(string uid, string container, bool previous) => Logs.GetValueOrDefault((uid, container, previous));

    public void ImagesChanged()
    {
    }

    public IReadOnlySet<string> ImagesInUse() => new HashSet<string>();
}
