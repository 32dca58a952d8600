namespace Insula.Api.Ingresses;

/// <summary>Names that Ingresses and their classes are known by.</summary>
public static class IngressWords
{
    /// <summary>The controller of classes that this daemon serves.</summary>
    public const string Controller = "insula.dev/ingress";

    /// <summary>The class that exists from the start.</summary>
    public const string ClassName = "insula";

    /// <summary>The annotation of the class that Ingresses without one get.</summary>
    public const string DefaultClass = "ingressclass.kubernetes.io/is-default-class";

    /// <summary>The annotation that named the class before there was a field for it.</summary>
    public const string OldClassAnnotation = "kubernetes.io/ingress.class";

    /// <summary>The class an Ingress names, by the field or by the old annotation; null for none.</summary>
    public static string? ClassOf(Ingress ingress)
    {
        ArgumentNullException.ThrowIfNull(ingress);
        return ingress.Spec.IngressClassName is { Length: > 0 } name ? name
            : ingress.Metadata.Annotations.GetValueOrDefault(OldClassAnnotation) is { Length: > 0 } old ? old : null;
    }

    /// <summary>Whether a class is the default.</summary>
    public static bool IsDefault(IngressClass ingressClass)
    {
        ArgumentNullException.ThrowIfNull(ingressClass);
        return ingressClass.Metadata.Annotations.GetValueOrDefault(DefaultClass) == "true";
    }
}
