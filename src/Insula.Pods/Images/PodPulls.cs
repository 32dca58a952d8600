using System.Collections.Concurrent;
using System.Globalization;
using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;

namespace Insula.Pods.Images;

/// <summary>The images of one pod: which of them a start has to wait for, and what comes of that.</summary>
internal sealed class PodPulls(PodServices services)
{
    // For which start the registry has been asked already.
    private readonly ConcurrentDictionary<string, (string Image, int Attempt)> _asked = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the registry is to be asked before a start, about the container's image or those of its volumes. With <c>Always</c> it is asked once for
    /// each start, but not about an image that was loaded by hand: whoever did that wants this one.
    /// </summary>
    public bool IsNeeded(Pod pod, Container container, int attempt) => Wants(pod, container).Any(want => IsNeeded(want, attempt));

    /// <summary>Pulls what a start needs; answers what became of it.</summary>
    public async Task<PodFact> PullAsync(Pod pod, Container container, int attempt, CancellationToken ct)
    {
        var secrets = PullSecrets.Of(pod, services.Configs);
        if (secrets.Unusable.Count > 0)
        {
            services.Events.Warning(pod, null, "FailedToRetrieveImagePullSecret",
                $"Unable to retrieve some image pull secrets ({string.Join(", ", secrets.Unusable)}); attempting to pull the image may not succeed.");
        }

        foreach (var want in Wants(pod, container).Where(want => IsNeeded(want, attempt)))
        {
            if (await PullAsync(pod, container, want, attempt, secrets, ct) is { } why)
            {
                return new PodFact.PullFailed(container.Name, container.Image!, why);
            }
        }

        return new PodFact.Pulled(container.Name, container.Image!);
    }

    // Null when it is there.
    private async Task<string?> PullAsync(Pod pod, Container container, Want want, int attempt, PullSecrets secrets, CancellationToken ct)
    {
        var image = want.Image;
        services.Events.Normal(pod, container.Name, "Pulling", $"Pulling image \"{image}\"");
        var since = services.Clock.GetTimestamp();
        try
        {
            var pulled = await services.Puller.PullAsync(image, secrets, ct);
            _asked[want.Key] = (image, attempt);
            services.Events.Normal(pod, container.Name, "Pulled", pulled.AlreadyPresent
                ? $"Container image \"{image}\" is still what its registry has"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Successfully pulled image \"{image}\" in {services.Clock.GetElapsedTime(since).TotalSeconds:0.###}s. Image size: {pulled.Image.Size} bytes."));
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // Whatever it was: without a fact the container would wait for ever.
            services.Events.Warning(pod, container.Name, "Failed", $"Failed to pull image \"{image}\": {e.Message}");
            services.Events.Warning(pod, container.Name, "Failed", $"Error: {Reasons.ErrImagePull}");
            return want.Volume is { } volume ? $"volume {volume}: image \"{image}\": {e.Message}" : e.Message;
        }
    }

    /// <summary>The image of a start.</summary>
    /// <exception cref="LaunchRefusedException">There is none.</exception>
    public Image Of(Pod pod, Container container, int attempt)
    {
        var image = ImageChoice.Of(container, services.Images.Resolve);
        if (attempt == 0 && !IsAsked(Own(container), attempt))
        {
            services.Events.Normal(pod, container.Name, "Pulled", $"Container image \"{container.Image}\" already present on machine");
        }

        return image;
    }

    private static Want Own(Container container) => new(container.Name, container.Image ?? "", container.ImagePullPolicy, null);

    private static IEnumerable<Want> Wants(Pod pod, Container container) =>
        ImageVolumes.Of(pod, container).Select(v => new Want($"{container.Name}/{v.Name}", v.Image!.Reference, v.Image.PullPolicy, v.Name)).Prepend(Own(container));

    private bool IsNeeded(Want want, int attempt) =>
        want.Policy != PullPolicies.Never && ImageReference.TryParse(want.Image, out _, out _) && !ImageReference.IsId(want.Image)
            && (services.Images.Resolve(want.Image) is null
                || (want.Policy == PullPolicies.Always && services.Images.IsPulled(want.Image) && !IsAsked(want, attempt)));

    private bool IsAsked(Want want, int attempt) => _asked.TryGetValue(want.Key, out var asked) && asked == (want.Image, attempt);

    /// <summary>An image that a start wants.</summary>
    private sealed record Want(string Key, string Image, string? Policy, string? Volume);
}
