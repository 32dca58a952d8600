using System.Net;

namespace Insula.Network.Policies;

/// <summary>The sets, chains and maps that policies and pods call for. Every change is noted in a transaction, too. Not thread-safe.</summary>
/// <param name="model">The policies.</param>
internal sealed class PolicyTables(PolicyModel model)
{
    private readonly Dictionary<string, (bool V6, bool WithPort, HashSet<PolicyElement> Elements)> _sets = [];
    private readonly Dictionary<Restriction, (string Name, int Users)> _chains = [];
    private readonly Dictionary<(PolicyDirection Direction, IPAddress Address), string> _jumps = [];

    /// <summary>Makes a policy's sets.</summary>
    public void Add(Policy policy, PolicyTransaction transaction)
    {
        foreach ((string name, bool v6, bool withPort) in policy.Sets())
        {
            AddSet(name, v6, withPort, transaction);
        }
    }

    /// <summary>Removes a policy's sets; no pod may need them any more.</summary>
    public void Remove(Policy policy, PolicyTransaction transaction)
    {
        foreach ((string name, _, _) in policy.Sets())
        {
            _sets.Remove(name);
            transaction.RemoveSet(name);
        }
    }

    /// <summary>Brings a pod's part from what it was to what it is to be.</summary>
    public void Change(IReadOnlyList<IPAddress> addresses, PolicyImage before, PolicyImage now, PolicyTransaction transaction)
    {
        foreach ((string set, PolicyElement element) in before.Elements)
        {
            if (!now.Elements.Contains((set, element)) && _sets.TryGetValue(set, out var known) && known.Elements.Remove(element))
            {
                transaction.RemoveElement(set, element);
            }
        }

        foreach ((string set, PolicyElement element) in now.Elements)
        {
            if (PolicyModel.IsNamespaceSet(set) && !_sets.ContainsKey(set))
            {
                AddSet(set, element.V6, withPort: false, transaction);
            }

            if (_sets[set].Elements.Add(element))
            {
                transaction.AddElement(set, element);
            }
        }

        foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
        {
            Restrict(addresses, direction, before.Of(direction), now.Of(direction), transaction);
        }

        foreach (string set in before.Elements.Select(e => e.Set).Where(PolicyModel.IsNamespaceSet).Concat(SetsOf(before.In)).Distinct().ToArray())
        {
            Sweep(set, transaction);
        }
    }

    /// <summary>All there is, as a transaction for a kernel that has none of it.</summary>
    public PolicyTransaction All()
    {
        PolicyTransaction all = new();
        foreach ((string name, (bool v6, bool withPort, HashSet<PolicyElement> elements)) in _sets)
        {
            all.AddSet(name, v6, withPort);
            foreach (PolicyElement element in elements)
            {
                all.AddElement(name, element);
            }
        }

        foreach ((Restriction restriction, (string name, _)) in _chains)
        {
            all.AddChain(name, Rules(restriction));
        }

        foreach (((PolicyDirection direction, IPAddress address), string chain) in _jumps)
        {
            all.AddJump(direction, address, chain);
        }

        return all;
    }

    /// <summary>Removes a namespace's set with the namespace's last pod.</summary>
    private void Sweep(string set, PolicyTransaction transaction)
    {
        if (_sets.TryGetValue(set, out var known) && known.Elements.Count == 0 && !_chains.Keys.Any(r => SetsOf(r).Contains(set)))
        {
            _sets.Remove(set);
            transaction.RemoveSet(set);
        }
    }

    /// <summary>The namespace's sets that the rules of a restriction look at.</summary>
    private IEnumerable<string> SetsOf(Restriction? restriction) =>
        restriction?.Namespace is { } own ? [model.NamespaceSet(own, v6: false), model.NamespaceSet(own, v6: true)] : [];

    private void AddSet(string name, bool v6, bool withPort, PolicyTransaction transaction)
    {
        _sets[name] = (v6, withPort, []);
        transaction.AddSet(name, v6, withPort);
    }

    private void Restrict(IReadOnlyList<IPAddress> addresses, PolicyDirection direction, Restriction? before, Restriction? now, PolicyTransaction transaction)
    {
        if (before == now)
        {
            return;
        }

        string? chain = now is null ? null : Use(now, transaction);
        foreach (IPAddress address in addresses)
        {
            if (_jumps.Remove((direction, address)))
            {
                transaction.RemoveJump(direction, address);
            }

            if (chain is not null)
            {
                _jumps[(direction, address)] = chain;
                transaction.AddJump(direction, address, chain);
            }
        }

        if (before is not null)
        {
            Leave(before, transaction);
        }
    }

    private string Use(Restriction restriction, PolicyTransaction transaction)
    {
        if (_chains.TryGetValue(restriction, out var known))
        {
            _chains[restriction] = known with { Users = known.Users + 1 };
            return known.Name;
        }

        string name = PolicyChains.Name(restriction.Direction, model.Next++);
        _chains[restriction] = (name, 1);
        if (restriction.Namespace is { } own)
        {
            // Its set of the other family may have nothing in it yet, but the rule needs it.
            foreach (bool v6 in (bool[])[false, true])
            {
                if (!_sets.ContainsKey(model.NamespaceSet(own, v6)))
                {
                    AddSet(model.NamespaceSet(own, v6), v6, withPort: false, transaction);
                }
            }
        }

        transaction.AddChain(name, Rules(restriction));
        return name;
    }

    private void Leave(Restriction restriction, PolicyTransaction transaction)
    {
        (string name, int users) = _chains[restriction];
        if (users > 1)
        {
            _chains[restriction] = (name, users - 1);
            return;
        }

        _chains.Remove(restriction);
        transaction.RemoveChain(name);
    }

    private IReadOnlyList<Insula.Linux.Netlink.NftRule> Rules(Restriction restriction) => restriction.Namespace is { } own
        ? [.. PolicyChains.Insulated(v6 => model.NamespaceSet(own, v6))]
        : [.. PolicyChains.Rules(model.Of(restriction), restriction.Direction)];
}
