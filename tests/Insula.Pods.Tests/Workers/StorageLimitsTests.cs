using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Workers;

namespace Insula.Pods.Tests.Workers;

public sealed class StorageLimitsTests
{
    private const long Mi = 1 << 20;
    private const long Beyond = 64 << 10;

    [Theory]
    [InlineData("""{"volumes":[{"emptyDir":{}}],"containers":[{}]}""", null, null)]
    [InlineData("""{"volumes":[{"emptyDir":{"sizeLimit":"1Mi"}}],"containers":[{}]}""", 1L, null)]
    [InlineData("""{"volumes":[{"emptyDir":{}}],"containers":[{"resources":{"limits":{"ephemeral-storage":"2Mi"}}}]}""", 2L, 2L)]
    [InlineData("""{"volumes":[{"emptyDir":{"sizeLimit":"9Mi"}}],"containers":[{"resources":{"limits":{"ephemeral-storage":"2Mi"}}},{"resources":{"limits":{"ephemeral-storage":"3Mi"}}}]}""", 5L, 2L)]
    [InlineData("""{"volumes":[{"emptyDir":{}}],"containers":[{},{"resources":{"limits":{"ephemeral-storage":"3Mi"}}}]}""", 3L, 3L)]
    [InlineData("""{"volumes":[{"emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}}],"containers":[{}]}""", null, null)]
    [InlineData("""{"volumes":[{"hostPath":{"path":"/x"}}],"containers":[{"resources":{"limits":{"ephemeral-storage":"2Mi"}}}]}""", null, 2L)]
    public void Each_may_have_what_it_or_all_together_may_and_a_little_beyond(string spec, long? volume, long? container)
    {
        var pod = new Pod { Spec = ApiJson.Read<PodSpec>(spec) };
        Assert.Equal(volume is null ? null : (volume * Mi) + Beyond, StorageLimits.OfVolume(pod, pod.Spec.Volumes[0]));
        Assert.Equal(container is null ? null : (container * Mi) + Beyond, StorageLimits.OfContainer(pod, pod.Spec.Containers[0]));
    }
}
