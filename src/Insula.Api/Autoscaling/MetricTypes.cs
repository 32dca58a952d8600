namespace Insula.Api.Autoscaling;

/// <summary>The words of autoscalers.</summary>
public static class MetricTypes
{
    /// <summary>Of pods as a whole.</summary>
    public const string Resource = "Resource";

    /// <summary>Of one container of each pod.</summary>
    public const string ContainerResource = "ContainerResource";

    /// <summary>Percent of requests.</summary>
    public const string Utilization = "Utilization";

    /// <summary>An amount for each pod.</summary>
    public const string AverageValue = "AverageValue";

    /// <summary>A policy of so many pods.</summary>
    public const string Pods = "Pods";

    /// <summary>A policy of a part of the pods.</summary>
    public const string Percent = "Percent";

    /// <summary>The policy that allows most counts.</summary>
    public const string Max = "Max";

    /// <summary>The policy that allows least counts.</summary>
    public const string Min = "Min";

    /// <summary>No change in this direction.</summary>
    public const string Disabled = "Disabled";
}
