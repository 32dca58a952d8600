using System.Globalization;
using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>A container's environment: the image's, over it Services', over both the manifest's, and what runtimes add when none says it.</summary>
internal sealed class ContainerEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private ContainerEnvironment(IReadOnlyList<string> lines, IReadOnlyDictionary<string, string> declared)
    {
        Lines = lines;
        Declared = declared;
    }

    /// <summary><c>NAME=value</c>, in order of first mention.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The manifest's variables: those that <c>$(NAME)</c> can name.</summary>
    public IReadOnlyDictionary<string, string> Declared { get; }

    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="image">Its image.</param>
    /// <param name="home">The home directory of its user.</param>
    /// <param name="fields">What fields of the pod say.</param>
    /// <param name="sources">Where the other values come from.</param>
    /// <exception cref="LaunchRefusedException">One is missing and not optional; in the kubelet's words.</exception>
    public static ContainerEnvironment Of(Pod pod, Container container, ImageConfig image, string home, PodFieldValues fields, VariableSources sources)
    {
        var order = new List<string>();
        var values = new Dictionary<string, string>();
        foreach (var line in image.Env)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                Set(line[..equals], line[(equals + 1)..]);
            }
        }

        var declared = new Dictionary<string, string>();

        // $(NAME) in a value names the variables of env alone, and those of Services; in commands and subPathExpr all that are declared.
        var earlier = new Dictionary<string, string>();
        foreach (var (name, value) in sources.Services(pod))
        {
            earlier[name] = declared[name] = value;
            Set(name, value);
        }

        foreach (var (name, value) in container.EnvFrom.SelectMany(source => sources.All(pod, source)))
        {
            declared[name] = value;
            Set(name, value);
        }

        foreach (var variable in container.Env)
        {
            var value = variable.ValueFrom switch
            {
                null => VariableExpansion.Expand(variable.Value ?? "", earlier),
                { FieldRef: { } field } => fields.Value(pod, field.FieldPath),
                var source => sources.One(pod, container, variable.Name, source),
            };
            if (value is not null)
            {
                earlier[variable.Name] = declared[variable.Name] = value;
                Set(variable.Name, value);
            }
        }

        Default("PATH", DefaultPath);
        Default("HOSTNAME", fields.Hostname);
        Default("HOME", home);
        if (container.Tty)
        {
            Default("TERM", "xterm");
        }

        foreach (var name in order)
        {
            // A NUL would end the word in the launch plan and shift what follows it.
            if (values[name].Contains('\0', StringComparison.Ordinal))
            {
                throw new LaunchRefusedException(
                    Reasons.CreateContainerConfigError,
                    string.Create(CultureInfo.InvariantCulture, $"container {container.Name}: env {name} contains a NUL character, which no environment can hold"));
            }
        }

        return new ContainerEnvironment([.. order.Select(n => $"{n}={values[n]}")], declared);

        void Set(string name, string value)
        {
            if (!values.ContainsKey(name))
            {
                order.Add(name);
            }

            values[name] = value;
        }

        void Default(string name, string value)
        {
            if (!values.ContainsKey(name))
            {
                Set(name, value);
            }
        }
    }
}
