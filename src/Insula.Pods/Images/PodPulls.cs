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
    /// Whether the registry is to be asked before a start. With <c>Always</c> it is asked once for each start, but not about an image that was
    /// loaded by hand: whoever did that wants this one.
    /// </summary>
    public bool IsNeeded(Container container, int attempt)
    {
        var image = container.Image ?? "";
        return container.ImagePullPolicy != PullPolicies.Never && ImageReference.TryParse(image, out _, out _) && !ImageReference.IsId(image)
            && (services.Images.Resolve(image) is null
                || (container.ImagePullPolicy == PullPolicies.Always && services.Images.IsPulled(image) && !IsAsked(container, attempt)));
    }

    /// <summary>Pulls; answers what became of it.</summary>
    public async Task<PodFact> PullAsync(Pod pod, Container container, int attempt, CancellationToken ct)
    {
        var image = container.Image!;
        var secrets = PullSecrets.Of(pod, services.Configs);
        if (secrets.Unusable.Count > 0)
        {
            services.Events.Warning(pod, null, "FailedToRetrieveImagePullSecret",
                $"Unable to retrieve some image pull secrets ({string.Join(", ", secrets.Unusable)}); attempting to pull the image may not succeed.");
        }

        services.Events.Normal(pod, container.Name, "Pulling", $"Pulling image \"{image}\"");
        var since = services.Clock.GetTimestamp();
        try
        {
            var pulled = await services.Puller.PullAsync(image, secrets, ct);
            _asked[container.Name] = (image, attempt);
            services.Events.Normal(pod, container.Name, "Pulled", pulled.AlreadyPresent
                ? $"Container image \"{image}\" is still what its registry has"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Successfully pulled image \"{image}\" in {services.Clock.GetElapsedTime(since).TotalSeconds:0.###}s. Image size: {pulled.Image.Size} bytes."));
            return new PodFact.Pulled(container.Name, image);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // Whatever it was: without a fact the container would wait for ever.
            services.Events.Warning(pod, container.Name, "Failed", $"Failed to pull image \"{image}\": {e.Message}");
            services.Events.Warning(pod, container.Name, "Failed", $"Error: {Reasons.ErrImagePull}");
            return new PodFact.PullFailed(container.Name, image, e.Message);
        }
    }

    /// <summary>The image of a start.</summary>
    /// <exception cref="LaunchRefusedException">There is none.</exception>
    public Image Of(Pod pod, Container container, int attempt)
    {
        var image = ImageChoice.Of(container, services.Images.Resolve);
        if (attempt == 0 && !IsAsked(container, attempt))
        {
            services.Events.Normal(pod, container.Name, "Pulled", $"Container image \"{container.Image}\" already present on machine");
        }

        return image;
    }

    private bool IsAsked(Container container, int attempt) => _asked.TryGetValue(container.Name, out var asked) && asked == (container.Image!, attempt);
}
